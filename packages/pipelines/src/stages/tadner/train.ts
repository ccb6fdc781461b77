import type { DataOptionsInput } from "@nuner/core"
import { type SourceData, type SourceOptions, saveModel, sourceSettings, trainSource } from "@nuner/tadner"
import { Effect, Stream } from "effect"
import { attempt } from "../../errors.ts"
import { intake } from "../../inputs/intake.ts"
import { readTypeNames, typeNamesFile } from "../../inputs/readTypeNames.ts"
import { Progress } from "../../services/Progress.ts"
import { runStage } from "../../services/stage.ts"
import { streamOf } from "../../services/streams.ts"
import { checkpoints } from "../checkpoints.ts"
import { plain } from "../plain.ts"
import { openEncoder, resolveEncoder } from "../resolveEncoder.ts"

export interface TadnerTrainOptions extends Omit<SourceOptions, "checkpoints"> {
  /** Labelled sentences of the source types: see `readDataset`. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A model directory, or a name on the hub. */
  readonly encoder: string
  /** The directory of the TadNER model. */
  readonly out: string
  /** See `readTypeNames`. Default: derived from the labels. */
  readonly typeNames?: string
}

/** TadNER's source training. A run that is cut short goes on from its last checkpoint. */
export const tadnerTrainStage = Effect.fn("tadnerTrainStage")(function* (options: TadnerTrainOptions) {
  const { data: dataOptions, encoder: name, input, out, typeNames, ...given } = options
  const { say, update } = yield* Progress
  const settings = yield* attempt("tadner", () => sourceSettings(given))
  const names = yield* attempt("tadner", () => readTypeNames(typeNames))
  const directory = yield* resolveEncoder("tadner", name)
  const { seed, ...plainSettings } = settings
  const kept = checkpoints(out)
  return yield* runStage({
    name: "tadner train",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...plainSettings, typeNames, data: dataOptions }),
    seeds: { train: seed },
    inputs: [input, directory, ...typeNamesFile(typeNames)],
    artefacts: [out],
    checkpoints: kept.directory,
    large: true,
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data: dataOptions, say, out })
      const sentences = yield* attempt("tadner", () => door.dataset(input))
      const encoder = yield* openEncoder("tadner", directory)
      let data: SourceData | undefined
      /** Of a stage that an earlier run brought to its end, none. */
      const losses: { detector?: number; classifier?: number } = {}
      const events = streamOf("tadner", (signal) =>
        trainSource({
          ...given,
          ...{ encoder, sentences, typeNames: names, signal },
          ...{ checkpoints: kept.directory, checkpointEvery: given.checkpointEvery ?? kept.every }
        })
      )
      yield* Stream.runForEach(events, (event) => {
        if (event.type === "done") {
          return attempt("tadner", () => saveModel(out, event.model)).pipe(
            Effect.ensuring(Effect.sync(() => event.model.dispose()))
          )
        }
        if (event.type === "data") data = event
        if (event.type === "step") {
          losses[event.stage] = event.loss
          const note = `loss ${event.loss.toFixed(4)}  ${event.seconds.toFixed(2)} s/step`
          update({ stage: event.stage, done: event.step, total: event.steps, note })
        }
        return Effect.void
      })
      const { steps, truncated, types, windowed, withoutEntities } = data!
      const long = truncated + windowed === 0 ? "" : `, ${truncated} cut off, ${windowed} in windows`
      return {
        files: door.files,
        counts: {
          records: door.counts(),
          sentences: {
            in: sentences.length,
            out: data!.sentences,
            dropped: withoutEntities === 0 ? {} : { withoutEntities }
          }
        },
        summary:
          `${types.length} types from ${data!.sentences} sentences${long}; detector${lossOf(losses.detector, 3)} ` +
          `after ${steps.detector} steps, classifier${lossOf(losses.classifier, 2)} after ${steps.classifier}`
      }
    }).pipe(Effect.scoped)
  })
})

const lossOf = (loss: number | undefined, digits: number): string =>
  loss === undefined ? "" : ` loss ${loss.toFixed(digits)}`
