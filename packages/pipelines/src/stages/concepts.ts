import { type DataOptionsInput, InputError, writeJsonl } from "@nuner/core"
import { sweeper } from "@nuner/engine"
import {
  chooseSentences,
  coverageCurve,
  frequenciesOf,
  keepConcepts,
  type SelectOptions,
  SentenceStore
} from "@nuner/sampler"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { markdownTable } from "../report/table.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { into, READ, streamOf } from "../services/streams.ts"
import { plain } from "./plain.ts"

export interface ConceptsStageOptions extends SelectOptions {
  /** Aligned sentences, or labelled data of any format, whose types are the concepts. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** The sentences that are trained on; beside it `<out>.concepts.jsonl`, the frequency table, and the manifest. */
  readonly out: string
}

/** Drops uninformative sentences, keeps the top concepts if asked, and counts what is left. Returns the coverage table as Markdown. */
export const conceptsStage = Effect.fn("conceptsStage")(function* (given: ConceptsStageOptions) {
  const { data, input, out, ...options } = given
  const { say } = yield* Progress
  const frequencies = out.replace(/(\.jsonl)?$/, ".concepts.jsonl")
  const { choice, door, table } = yield* attempt("concepts", async () => {
    const door = intake({ data, say, out })
    const store = await SentenceStore.from(readAligned([input], door), { texts: false })
    const choice = chooseSentences(store, options)
    if (choice.kept.length === 0) {
      throw new InputError({ source: input, reason: "no sentence is left", remedy: "annotate more text" })
    }
    function* names() {
      const release = sweeper()
      for (const sentence of choice.kept) {
        for (const name of store.names(sentence)) if (choice.keeps(name)) yield name
        release(256)
      }
    }
    const table = frequenciesOf(names())
    // The store has done its work, and the sentences are about to be read again.
    sweeper(0)(0)
    return { choice, door, table }
  })
  yield* runStage({
    name: "concepts",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...options, data }),
    inputs: [input],
    artefacts: [out, frequencies],
    large: true,
    work: Effect.gen(function* () {
      // Read a second time: what is written holds more of a sentence than what is chosen by.
      let [number, next] = [0, 0]
      const sentences = yield* streamOf("concepts", () => readAligned([input], intake({ data })), READ).pipe(
        Stream.filter(() => {
          const isKept = number++ === choice.kept[next]
          if (isKept) next++
          return isKept
        }),
        Stream.map((sentence) => keepConcepts(sentence, choice.keeps)),
        into("concepts", (chosen) => writeJsonl(out, chosen))
      )
      yield* attempt("concepts", () => writeJsonl(frequencies, table.concepts))
      const once = table.concepts.filter(({ count }) => count === 1).length
      return {
        files: door.files,
        counts: { records: door.counts(), ...choice.counts },
        summary: `${sentences} sentences, ${table.total} mentions of ${table.concepts.length} concepts, ${once} of them once`
      }
    })
  })
  const points = [...new Set([4, 16, 154, 1500, table.concepts.length].filter((n) => n <= table.concepts.length))]
  return markdownTable(
    ["top concepts", "mentions", "share"],
    coverageCurve(table, points).map(({ concepts, count, share }) => [
      String(concepts),
      String(count),
      `${(100 * share).toFixed(1)} %`
    ])
  )
})
