import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { type DataOptionsInput, writeJson } from "@nuner/core"
import { copyEncoder, type EncoderConfig, loraSettings, maxTokens, modelCard, saveEncoder } from "@nuner/encoder"
import { SentenceStore } from "@nuner/sampler"
import {
  type ContrastiveScores,
  decodePretrainOptions,
  type PretrainOptions,
  type PretrainSettings,
  type PretrainStart,
  pretrain,
  type ScorerEvent
} from "@nuner/trainer"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { paperChoices } from "../report/paperChoices.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { isHub } from "./isHub.ts"
import { plain } from "./plain.ts"
import { openEncoder, resolveEncoder } from "./resolveEncoder.ts"
import { artefactsOf, met, type TrainedModel, trainModel } from "./trainModel.ts"

export interface PretrainStageOptions extends PretrainOptions {
  /** Aligned sentences, or labelled data of any format, whose types are the concepts; one file behind the other. */
  readonly inputs: ReadonlyArray<string>
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A model directory, or a name on the hub such as "FacebookAI/roberta-base". */
  readonly base: string
  /** The model directory of the pre-trained text encoder; beside it the manifest, the log of losses and their curve. */
  readonly out: string
  /** Weights in the file. Default F32. */
  readonly dtype?: "F32" | "F16"
  /**
   * Whether the concept encoder stays, with its tokenizer, as the model directory `<out>/concepts`; in its `scorer.json` stands how a token's
   * and a concept's vectors become a score. Not where a `projection` stood between the vectors. Default true.
   */
  readonly concepts?: boolean
}

const CONCEPTS = "concepts"
const SCORER = "scorer.json"

/** NuNER's contrastive pre-training of a base. A run that is cut short goes on from its last checkpoint. */
export const pretrainStage = Effect.fn("pretrainStage")(function* (options: PretrainStageOptions) {
  const { base, concepts = true, data, dtype = "F32", inputs, out, ...given } = options
  const { say } = yield* Progress
  const settings = yield* attempt("pretrain", () => decodePretrainOptions(given))
  const isPair = concepts && settings.projection === undefined
  const directory = yield* resolveEncoder("pretrain", base)
  return yield* runStage({
    name: "pretrain",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, base, concepts, data, dtype }),
    seeds: { pretrain: settings.seed },
    inputs: [...inputs, directory],
    artefacts: artefactsOf(out),
    checkpoints: checkpoints(out).directory,
    models: isPair ? [out, join(out, CONCEPTS)] : [out],
    large: true,
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      const descriptions = settings.conceptText === "description"
      const sentences = yield* attempt("pretrain", () =>
        SentenceStore.from(readAligned(inputs, door), { descriptions })
      )
      const encoder = yield* openEncoder("pretrain", directory)
      const concept = yield* Effect.acquireRelease(
        attempt("pretrain", () => copyEncoder(encoder, loraSettings("pretrain", settings))),
        (copy) => Effect.sync(() => copy.dispose())
      )
      let scorer: ScorerEvent | undefined
      const { loss, read, scores, start, steps } = yield* trainModel<PretrainStart, ContrastiveScores>({
        ...{ stage: "pretrain", encoder, dtype, out, weights: settings.weights },
        events: async function* (run) {
          for await (const event of pretrain({ ...given, sentences, text: encoder, concept, ...run })) {
            if (event.type === "scorer") scorer = event
            else yield event
          }
        },
        note: ({ auc }) => `AUC ${auc.toFixed(3)}`,
        card: (trained) =>
          cardOf({ ...options, settings, config: encoder.config, sentences: sentences.count }, trained),
        save: async (card) => {
          await saveEncoder(out, encoder, { dtype, card })
          const folder = join(out, CONCEPTS)
          if (existsSync(join(folder, SCORER))) await rm(folder, { recursive: true })
          if (!isPair) return
          await saveEncoder(folder, concept, { dtype })
          await writeJson(join(folder, SCORER), { ...scorer, type: undefined })
        }
      })
      const validation =
        scores === undefined ? "" : `; validation loss ${scores.loss.toFixed(4)}, AUC ${scores.auc.toFixed(3)}`
      return {
        files: door.files,
        counts: { records: door.counts(), ...start.counts },
        summary:
          `${met(read)}${steps} steps on ${start.trainSentences} sentences and ${start.concepts} concepts, ` +
          `loss ${loss.toFixed(4)}${validation}`
      }
    }).pipe(Effect.scoped)
  })
})

interface Carded extends PretrainStageOptions {
  readonly settings: PretrainSettings
  readonly config: EncoderConfig
  /** That the files hold. */
  readonly sentences: number
}

const cardOf = async (
  { base, config, inputs, sentences, settings }: Carded,
  { read, scores, start }: TrainedModel<PretrainStart, ContrastiveScores>
): Promise<string> => {
  const window = Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(config))
  const dataset = "held-out sentences"
  return modelCard({
    name: "NuNER",
    description:
      `A NER encoder: ${isHub(base) ? base : "a base encoder"} pre-trained on ${start.trainSentences} sentences that an LLM annotated with ` +
      `${start.concepts} concepts, by contrastive learning (Bogdanov et al. 2024). Put a token classifier on it.`,
    license: "apache-2.0",
    ...(isHub(base) ? { base } : {}),
    datasets: [
      `${inputs.map((input) => basename(input)).join(", ")}: ${sentences} sentences, annotated by an LLM and aligned`
    ],
    metrics: scores === undefined ? [] : [{ dataset, metric: "AUC of token and concept", value: scores.auc }],
    settings: {
      ...plain({ ...settings }),
      ...(await paperChoices({ settings, aligned: inputs[0]!, window, windowed: read.windowed ?? 0 }))
    }
  })
}
