import { type MinedEpisode, type MinedSet, mineEpisodes, mineSets, pool, validateEpisode } from "@nuner/miner"
import { labelled } from "./support/labelled.ts"
import { medianTime } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

type Case =
  | { readonly kind: "sets"; readonly k: number; readonly number: number }
  | { readonly kind: "episodes"; readonly n: number; readonly k: number; readonly number: number }

const cases: ReadonlyArray<Case> = [
  { kind: "sets", k: 1, number: 10 },
  { kind: "sets", k: 8, number: 10 },
  { kind: "sets", k: 64, number: 10 },
  { kind: "episodes", n: 5, k: 1, number: 200 },
  { kind: "episodes", n: 10, k: 5, number: 200 }
]

/** Indexes of sentences. */
interface Drawn {
  readonly types: ReadonlyArray<string>
  readonly sides: ReadonlyArray<ReadonlyArray<number>>
}

interface Answers {
  readonly index: { readonly ms: number }
  readonly answers: ReadonlyArray<{
    readonly ms: number
    readonly result: ReadonlyArray<
      | ReadonlyArray<number>
      | { types: ReadonlyArray<string>; support: ReadonlyArray<number>; query: ReadonlyArray<number> }
    >
  }>
}

/**
 * Mining against the plain Python way (Few-NERD's sampler). The types in every sentence are counted beforehand on both sides, which has a
 * row of its own (ours is without the dataset's hash, which the peer has none of). Every set and episode of both is checked.
 */
const miner: Benchmark = {
  name: "miner",
  async *run(): AsyncGenerator<Row> {
    const { name, sentences } = await labelled("train")
    const data = sentences.map(({ entities }) => entities.map(({ type }) => type))
    const allTypes = [...new Set(data.flat())]
    const python = await runPython<Answers>("miner.py", { data, cases })
    const row = (what: string, ours: number, peer: number | undefined): Row => ({
      bench: "miner",
      case: `${what}, ${name}`,
      metric: "ms",
      ours,
      peer: peer ?? null,
      peerName: python.skipped ? "python3" : `${python.version}, standard library`,
      ratio: lessIsBetter(ours, peer ?? null),
      ...(python.skipped ? { note: python.reason } : {})
    })

    const check = (who: string, one: Case, drawn: ReadonlyArray<Drawn>): void => {
      // The place stands for the words: a dataset may have equal sentences, but no set may have one twice.
      const at = (side: ReadonlyArray<number>) =>
        side.map((index) => ({ words: [String(index)], entities: sentences[index]!.entities }))
      const bad = drawn.filter(({ types, sides }) => {
        const [support, query = support] = sides.map(at)
        const problems = validateEpisode({ types, support: support!, query: query! }, { k: one.k })
        return problems.some(({ kind }) => !(one.kind === "sets" && kind === "shared"))
      })
      if (bad.length === 0 && drawn.length === one.number) return
      throw new Error(`miner: ${bad.length} of ${drawn.length} ${one.kind} of ${who} are none`)
    }

    const index = await medianTime(() => pool(sentences), { repeats: 25, warmups: 15 })
    yield row("index", index.ms, python.skipped ? undefined : python.output.index.ms)
    const dataset = pool(sentences)
    for (const [i, one] of cases.entries()) {
      const ours = await medianTime<ReadonlyArray<MinedSet | MinedEpisode>>(
        () =>
          one.kind === "sets"
            ? mineSets({ sentences: dataset, k: one.k, sets: one.number, seed: 1 })
            : [...mineEpisodes({ sentences: dataset, n: one.n, k: one.k, episodes: one.number, seed: 1 })],
        { repeats: 25, warmups: 15 }
      )
      const mine = ours.result.map((found) =>
        "indexes" in found
          ? { types: allTypes, sides: [found.indexes] }
          : { types: found.types, sides: [found.supportIndexes, found.queryIndexes] }
      )
      check("ours", one, mine)
      const theirs = python.skipped ? undefined : python.output.answers[i]!
      const drawn = theirs?.result.map((found) =>
        "support" in found
          ? { types: found.types, sides: [found.support, found.query] }
          : { types: allTypes, sides: [found] }
      )
      if (drawn !== undefined) check("the peer", one, drawn)
      const what = one.kind === "sets" ? `sets, k=${one.k}` : `episodes, ${one.n}-way ${one.k}~${2 * one.k}`
      yield row(`${one.number} ${what}`, ours.ms, theirs?.ms)
    }
  }
}

export default miner
