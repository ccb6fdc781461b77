import { existsSync } from "node:fs"
import { basename, join } from "node:path"
import type { DataOptionsInput } from "@nuner/core"
import { fromPretrained, modelCard } from "@nuner/encoder"
import {
  type CellScores,
  loadGliner,
  type NewGlinerOptions,
  newGliner,
  reshapeGliner,
  trainZeroShot,
  type ZeroTrainOptions,
  type ZeroTrainSentence,
  type ZeroTrainStart,
  zeroTrainSettings
} from "@nuner/zeroshot"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { READ, streamOf } from "../services/streams.ts"
import { checkpoints } from "./checkpoints.ts"
import { isHub } from "./isHub.ts"
import { plain } from "./plain.ts"
import { resolveEncoder } from "./resolveEncoder.ts"
import { artefactsOf, trainModel } from "./trainModel.ts"

export interface ZeroTrainStageOptions extends ZeroTrainOptions {
  /** Aligned sentences, or labelled data of any format, whose types are asked for; one file behind the other. */
  readonly inputs: ReadonlyArray<string>
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** An encoder to put a new head on (a directory, a name on the hub, "mini"), or the directory of a zero-shot model to go on with. */
  readonly base: string
  /** The model directory; beside it the manifest, the log of losses and their curve. */
  readonly out: string
  /** Of a new model: see `newGliner`. Default: NuNER Zero's, single words. Of one to go on with: see `reshapeGliner`. */
  readonly head?: Omit<NewGlinerOptions, "seed">
}

/** Trains a zero-shot model from sentences with types. A run that is cut short goes on from its last checkpoint. */
export const zeroTrainStage = Effect.fn("zeroTrainStage")(function* (options: ZeroTrainStageOptions) {
  const { base, data, head = {}, inputs, out, ...given } = options
  const { say } = yield* Progress
  const settings = yield* attempt("zero train", () => zeroTrainSettings(given))
  const directory = yield* resolveEncoder("zero train", base)
  return yield* runStage({
    name: "zero train",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, head, base, data }),
    seeds: { train: settings.seed },
    inputs: [...inputs, directory],
    artefacts: artefactsOf(out),
    checkpoints: checkpoints(out).directory,
    models: [out],
    large: true,
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      const sentences: ReadonlyArray<ZeroTrainSentence> = yield* streamOf(
        "zero train",
        () => readAligned(inputs, door),
        READ
      ).pipe(
        Stream.map(({ mentions, text }) => ({ text, mentions })),
        Stream.runCollect
      )
      const model = yield* Effect.acquireRelease(
        attempt("zero train", () => modelOf(directory, base, head, settings.seed)),
        (loaded) => Effect.sync(() => loaded.dispose())
      )
      const { loss, scores, start, steps } = yield* trainModel<ZeroTrainStart, CellScores>({
        ...{ stage: "zero train", dtype: "F32", out, encoder: model.encoder, weights: settings.weights },
        events: (run) => trainZeroShot({ ...given, model, sentences, ...run }),
        note: ({ f1 }) => `F1 ${f1.toFixed(3)}`,
        card: ({ scores, start }) =>
          modelCard({
            name: "Zero-shot NER",
            description:
              `Finds entities of types that are named when a text is read (${model.config.spanMode}, up to ${model.config.maxWidth} words), trained on ` +
              `${start.trainSentences} sentences and ${start.types} types on ${isHub(base) ? base : "an encoder"}. GLiNER's Python loads it too.`,
            license: "apache-2.0",
            ...(isHub(base) ? { base } : {}),
            datasets: inputs.map((input) => basename(input)),
            metrics:
              scores === undefined ? [] : [{ dataset: "held-out sentences", metric: "F1 of cells", value: scores.f1 }],
            settings: plain({ ...settings, ...head }),
            task: "token-classification"
          }),
        save: (card) => model.save(out, { card })
      })
      const validation =
        scores === undefined ? "" : `; validation loss ${scores.loss.toFixed(5)}, F1 of cells ${scores.f1.toFixed(3)}`
      return {
        files: door.files,
        counts: { records: door.counts(), ...start.counts },
        summary: `${steps} steps on ${start.trainSentences} sentences and ${start.types} types, loss ${loss.toFixed(4)}${validation}`
      }
    }).pipe(Effect.scoped)
  })
})

/** A zero-shot model to go on with, or a new one on an encoder. */
const modelOf = async (directory: string, base: string, head: Omit<NewGlinerOptions, "seed">, seed: number) => {
  if (!existsSync(join(directory, "gliner_config.json"))) {
    return newGliner(await fromPretrained(directory), { ...head, seed }, isHub(base) ? base : "")
  }
  const model = await loadGliner(directory)
  try {
    return reshapeGliner(model, head)
  } catch (error) {
    model.dispose()
    throw error
  }
}
