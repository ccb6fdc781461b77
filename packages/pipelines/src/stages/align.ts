import { type AlignOptions, alignAll, alignCounts } from "@nuner/aligner"
import { type DataOptionsInput, InputError, writeJsonl } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface AlignStageOptions extends AlignOptions {
  /** Annotated sentences, JSON Lines. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** Aligned sentences, JSON Lines; the manifest beside it. */
  readonly out: string
}

/** Finds where each annotated entity stands in its sentence. */
export const alignStage = Effect.fn("alignStage")(function* ({ data, input, out, ...options }: AlignStageOptions) {
  const progress = yield* Progress
  return yield* runStage({
    name: "align",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...options, data }),
    inputs: [input],
    artefacts: [out],
    large: true,
    work: attempt("align", async () => {
      const door = intake({ data, say: progress.say, out })
      const alignment = alignAll(door.annotated(input), options)
      await writeJsonl(
        out,
        (async function* () {
          let done = 0
          for await (const sentence of alignment) {
            progress.update({ stage: "align", done: ++done })
            yield sentence
          }
        })()
      )
      const report = alignment.report()
      if (report.mentions === 0) {
        throw new InputError({
          source: input,
          reason: `none of its ${report.annotations} annotations stands in its sentence`,
          remedy: "give the output of `nuner annotate`"
        })
      }
      const percent = (count: number) => `${((100 * count) / report.annotations).toFixed(1)} %`
      return {
        files: door.files,
        counts: { records: door.counts(), ...alignCounts(report) },
        summary:
          `${report.annotations} annotations of ${report.sentences} sentences: ${percent(report.exact)} exact, ` +
          `${percent(report.normalised)} normalised, ${percent(report.loss * report.annotations)} without a place; ${report.mentions} mentions`
      }
    })
  })
})
