import { existsSync } from "node:fs"
import type { DataOptionsInput, LabelledSentence } from "@nuner/core"
import { modelCard } from "@nuner/encoder"
import {
  decodeSupervisedOptions,
  pretrainSupervised,
  type SupervisedOptions,
  type SupervisedStart,
  type TypeScores
} from "@nuner/trainer"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { isHub } from "./isHub.ts"
import { plain } from "./plain.ts"
import { openEncoder, resolveEncoder } from "./resolveEncoder.ts"
import { artefactsOf, met, trainModel } from "./trainModel.ts"

export interface PretrainSupervisedStageOptions extends SupervisedOptions {
  /**
   * Labelled sentences: see `readDataset`. `name=path` says which dataset a file belongs to; files without a name make up one dataset
   * together. The types of one dataset are apart from those of another.
   */
  readonly inputs: ReadonlyArray<string>
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A model directory, or a name on the hub. */
  readonly base: string
  /** The model directory of the pre-trained encoder; beside it the manifest, the log of losses and their curve. */
  readonly out: string
  /** Weights in the file. Default F32. */
  readonly dtype?: "F32" | "F16"
}

/** Pre-training of a base on a closed set of human-made types, as NER-BERT: the baseline of `pretrainStage`. */
export const pretrainSupervisedStage = Effect.fn("pretrainSupervisedStage")(function* (
  options: PretrainSupervisedStageOptions
) {
  const { base, data, dtype = "F32", inputs, out, ...given } = options
  const { say } = yield* Progress
  const settings = yield* attempt("pretrain", () => decodeSupervisedOptions(given))
  const directory = yield* resolveEncoder("pretrain", base)
  const files = inputs.map(namedFile)
  return yield* runStage({
    name: "pretrain",
    manifest: `${out}.manifest.json`,
    settings: plain({ objective: "types", ...settings, base, dtype, datasets: files.map(({ name }) => name), data }),
    seeds: { pretrain: settings.seed },
    inputs: [...files.map(({ path }) => path), directory],
    artefacts: artefactsOf(out),
    checkpoints: checkpoints(out).directory,
    models: [out],
    large: true,
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      const datasets: Record<string, Array<LabelledSentence>> = {}
      for (const { name, path } of files) {
        const sentences = yield* attempt("pretrain", () => door.dataset(path))
        datasets[name] = [...(datasets[name] ?? []), ...sentences]
      }
      const encoder = yield* openEncoder("pretrain", directory)
      const { loss, read, scores, start, steps } = yield* trainModel<SupervisedStart, TypeScores>({
        ...{ stage: "pretrain", encoder, dtype, out, weights: settings.weights },
        events: (run) => pretrainSupervised({ ...given, datasets, encoder, ...run }),
        note: ({ f1 }) => `F1 ${f1.toFixed(3)}`,
        card: ({ start: { classes, trainSentences } }) =>
          modelCard({
            name: "A supervised NER encoder",
            description:
              `A NER encoder: ${isHub(base) ? base : "a RoBERTa"} pre-trained on ${trainSentences} sentences labelled by people with ` +
              `${classes.length - 1} types, by token classification as NER-BERT (Liu et al. 2021): NuNER's baseline. Put a token ` +
              `classifier on it. Types: ${classes.slice(1).join(", ")}.`,
            license: "apache-2.0",
            ...(isHub(base) ? { base } : {}),
            settings: plain({ objective: "types", ...settings })
          })
      })
      const validation =
        scores === undefined ? "" : `; validation loss ${scores.loss.toFixed(4)}, token F1 ${scores.f1.toFixed(3)}`
      return {
        files: door.files,
        counts: { records: door.counts(), ...start.counts },
        summary:
          `${met(read)}${steps} steps on ${start.trainSentences} sentences and ${start.classes.length - 1} types, ` +
          `loss ${loss.toFixed(4)}${validation}`
      }
    }).pipe(Effect.scoped)
  })
})

/** `name=path`, or a path alone. */
const namedFile = (input: string): { readonly name: string; readonly path: string } => {
  const [, name, path] = /^([\w.-]+)=(.+)$/.exec(input) ?? []
  return name === undefined || path === undefined || existsSync(input) ? { name: "", path: input } : { name, path }
}
