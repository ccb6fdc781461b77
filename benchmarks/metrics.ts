import { type LabelledSentence, rng, toTags, typesIn } from "@nuner/core"
import {
  bootstrap,
  countEntities,
  countTags,
  entitiesFromTags,
  entityMicro,
  pairedBootstrap,
  scores
} from "@nuner/metrics"
import { labelled } from "./support/labelled.ts"
import { medianTime, type Timed } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

const resamples = 1000

interface Answers {
  readonly entity: Timed<number>
  readonly token: Timed<number>
  readonly bootstrap: Timed<ReadonlyArray<number>>
  readonly paired: Timed<ReadonlyArray<number>>
}

/**
 * Scoring against the plain Python way: tags in, a number out; then intervals from counts that are ready on both sides. Scores must be
 * equal, intervals nearly (the random numbers differ).
 */
const metrics: Benchmark = {
  name: "metrics",
  async *run(): AsyncGenerator<Row> {
    const { name, sentences } = await labelled("test")
    const tags = (of: ReadonlyArray<LabelledSentence>) =>
      of.map(({ words, entities }) => toTags(entities, words.length, "BIO"))
    const [gold, a, b] = [tags(sentences), tags(noisy(sentences, 0.2)), tags(noisy(sentences, 0.25))] as const
    const python = await runPython<Answers>("metrics.py", { gold, a, b, resamples })
    const read = (sequences: ReadonlyArray<ReadonlyArray<string>>) => entitiesFromTags(sequences, { scheme: "BIO" })
    const counts = { a: countEntities(read(gold), read(a)), b: countEntities(read(gold), read(b)) }
    const times = { repeats: 15, warmups: 5 }
    // A few milliseconds each: many runs, so that they are measured compiled and not while compiling.
    const short = { repeats: 51, warmups: 50 }
    const ours: Answers = {
      entity: await medianTime(() => entityMicro(read(gold), read(a)).f1, short),
      token: await medianTime(() => scores(countTags(gold, a)).macro.f1, short),
      bootstrap: await medianTime(() => {
        const { estimate, low, high } = bootstrap({ counts: counts.a, resamples, seed: 1 })
        return [estimate, low, high]
      }, times),
      paired: await medianTime(() => {
        const { difference, low, high } = pairedBootstrap({ ...counts, resamples, seed: 1 })
        return [difference, low, high]
      }, times)
    }
    const titles = {
      entity: "entity micro F1 from tags",
      token: "token macro F1 from tags",
      bootstrap: `bootstrap of micro F1, ${resamples} resamples`,
      paired: `paired bootstrap, ${resamples} resamples`
    }
    for (const [key, title] of Object.entries(titles) as Array<[keyof Answers, string]>) {
      const peer = python.skipped ? undefined : python.output[key]
      if (peer !== undefined) agree(title, [ours[key].result].flat(), [peer.result].flat())
      yield {
        bench: "metrics",
        case: `${title}, ${name}`,
        metric: "ms",
        ours: ours[key].ms,
        peer: peer?.ms ?? null,
        peerName: python.skipped ? "python3" : `${python.version}, standard library`,
        ratio: lessIsBetter(ours[key].ms, peer?.ms ?? null),
        ...(python.skipped ? { note: python.reason } : {})
      }
    }
  }
}

/** The first number is a score, the others the ends of an interval. */
const agree = (title: string, ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): void => {
  ours.forEach((value, i) => {
    if (Math.abs(value - theirs[i]!) > (i === 0 ? 1e-9 : 5e-3)) {
      throw new Error(`metrics: ${title}: ours says ${ours.join(", ")}, the peer ${theirs.join(", ")}`)
    }
  })
}

/** Predictions with mistakes: entities lost, or of another type. */
const noisy = (sentences: ReadonlyArray<LabelledSentence>, share: number): Array<LabelledSentence> => {
  const random = rng(`noisy ${share}`)
  const types = typesIn(sentences)
  return sentences.map((sentence) => ({
    ...sentence,
    entities: sentence.entities.flatMap((entity) => {
      const chance = random.next()
      if (chance < share / 2) return []
      return chance < share ? [{ ...entity, type: types[random.int(types.length)]! }] : [entity]
    })
  }))
}

export default metrics
