import { type AlignOptions, alignCounts, aligner } from "@nuner/aligner"
import { type DataOptionsInput, InputError, writeJsonl } from "@nuner/core"
import { Effect, Stream } from "effect"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { into, READ, streamOf } from "../services/streams.ts"
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
  const { say, update } = yield* Progress
  return yield* runStage({
    name: "align",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...options, data }),
    inputs: [input],
    artefacts: [out],
    large: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      const { align, report } = aligner(options)
      let done = 0
      yield* streamOf("align", () => door.annotated(input), READ).pipe(
        Stream.map((sentence) => {
          update({ stage: "align", done: ++done })
          return align(sentence)
        }),
        into("align", (sentences) => writeJsonl(out, sentences))
      )
      const found = report()
      if (found.mentions === 0) {
        return yield* new InputError({
          source: input,
          reason: `none of its ${found.annotations} annotations stands in its sentence`,
          remedy: "give the output of `nuner annotate`"
        })
      }
      const percent = (count: number) => `${((100 * count) / found.annotations).toFixed(1)} %`
      return {
        files: door.files,
        counts: { records: door.counts(), ...alignCounts(found) },
        summary:
          `${found.annotations} annotations of ${found.sentences} sentences: ${percent(found.exact)} exact, ` +
          `${percent(found.normalised)} normalised, ${percent(found.loss * found.annotations)} without a place; ${found.mentions} mentions`
      }
    })
  })
})
