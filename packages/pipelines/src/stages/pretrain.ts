import { basename } from "node:path"
import { fromPretrained, maxTokens, modelCard, resolveModel } from "@nuner/encoder"
import {
  type ContrastiveScores,
  decodePretrainOptions,
  type PretrainOptions,
  type PretrainStart,
  pretrain
} from "@nuner/trainer"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { paperChoices } from "../report/paperChoices.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { isHub } from "./isHub.ts"
import { plain } from "./plain.ts"
import { curveOf, logOf, trainModel } from "./trainModel.ts"

export interface PretrainStageOptions extends PretrainOptions {
  /** Aligned sentences, JSON Lines. */
  readonly input: string
  /** A model directory, or a name on the hub such as "FacebookAI/roberta-base". */
  readonly base: string
  /** The model directory of the pre-trained text encoder; beside it the manifest, the log of losses and their curve. */
  readonly out: string
  /** Weights in the file. Default F32. */
  readonly dtype?: "F32" | "F16"
}

/** NuNER's contrastive pre-training of a base. A run that is cut short goes on from its last checkpoint. */
export const pretrainStage = Effect.fn("pretrainStage")(function* (options: PretrainStageOptions) {
  const { base, dtype = "F32", input, out, ...given } = options
  const { update } = yield* Progress
  const settings = yield* attempt("pretrain", () => decodePretrainOptions(given))
  const directory = yield* attempt("pretrain", () => resolveModel(base))
  return yield* runStage({
    name: "pretrain",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, base, dtype }),
    seeds: { pretrain: settings.seed },
    inputs: [input, directory],
    artefacts: [out, logOf(out), curveOf(out)],
    tensors: true,
    work: attempt("pretrain", async (signal) => {
      const sentences = await readAligned(input)
      const encoder = await fromPretrained(directory)
      const window = Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(encoder.config))
      const { loss, scores, start, steps } = await trainModel<PretrainStart, ContrastiveScores>({
        ...{ stage: "pretrain", encoder, dtype, out, signal, update },
        events: (checkpoint) => pretrain({ ...given, sentences, text: encoder, signal, checkpoint }),
        note: ({ auc }) => `AUC ${auc.toFixed(3)}`,
        card: async ({ scores, start: { concepts, trainSentences, windowed } }) =>
          modelCard({
            name: "NuNER",
            description:
              `A NER encoder: ${isHub(base) ? base : "a RoBERTa"} pre-trained on ${trainSentences} sentences that an LLM annotated with ` +
              `${concepts} concepts, by contrastive learning (Bogdanov et al. 2024). Put a token classifier on it.`,
            license: "apache-2.0",
            ...(isHub(base) ? { base } : {}),
            datasets: [`${basename(input)}: ${sentences.length} sentences, annotated by an LLM and aligned`],
            metrics:
              scores === undefined
                ? []
                : [
                    {
                      dataset: "held-out sentences (last validation)",
                      metric: "AUC of token and concept",
                      value: scores.auc
                    }
                  ],
            settings: {
              ...plain({ ...settings }),
              ...(await paperChoices({ settings, aligned: input, window, windowed }))
            }
          })
      })
      const validation =
        scores === undefined ? "" : `; validation loss ${scores.loss.toFixed(4)}, AUC ${scores.auc.toFixed(3)}`
      return {
        counts: { ...start.counts },
        summary:
          `${cut(start.cutNames)}${steps} steps on ${start.trainSentences} sentences and ${start.concepts} concepts, ` +
          `loss ${loss.toFixed(4)}${validation}`
      }
    })
  })
})

const cut = (names: number): string => (names === 0 ? "" : `${names} concept names cut to the window; `)
