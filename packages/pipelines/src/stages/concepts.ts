import { InputError, writeJsonl } from "@nuner/core"
import { conceptFrequencies, coverageCurve, type SelectOptions, selectConcepts } from "@nuner/sampler"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { markdownTable } from "../report/table.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface ConceptsStageOptions extends SelectOptions {
  /** Aligned sentences, JSON Lines. */
  readonly input: string
  /** The sentences that are trained on; beside it `<out>.concepts.jsonl`, the frequency table, and the manifest. */
  readonly out: string
}

/** Drops uninformative sentences, keeps the top concepts if asked, and counts what is left. Returns the coverage table as Markdown. */
export const conceptsStage = Effect.fn("conceptsStage")(function* ({ input, out, ...options }: ConceptsStageOptions) {
  const frequencies = out.replace(/(\.jsonl)?$/, ".concepts.jsonl")
  const { sentences, counts } = yield* attempt("concepts", async () => {
    const selection = selectConcepts(await readAligned(input), options)
    if (selection.sentences.length === 0) {
      throw new InputError({ source: input, reason: "no sentence is left", remedy: "annotate more text" })
    }
    return selection
  })
  const table = conceptFrequencies(sentences)
  yield* runStage({
    name: "concepts",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...options }),
    inputs: [input],
    artefacts: [out, frequencies],
    work: attempt("concepts", async () => {
      await writeJsonl(out, sentences)
      await writeJsonl(frequencies, table.concepts)
      const once = table.concepts.filter(({ count }) => count === 1).length
      return {
        counts,
        summary: `${sentences.length} sentences, ${table.total} mentions of ${table.concepts.length} concepts, ${once} of them once`
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
