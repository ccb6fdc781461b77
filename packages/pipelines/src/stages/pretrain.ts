import { basename } from "node:path"
import { fromPretrained, modelCard, resolveModel, saveEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
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
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { plain } from "./plain.ts"

export interface PretrainStageOptions extends PretrainOptions {
  /** Aligned sentences, JSON Lines. */
  readonly input: string
  /** A model directory, or a name on the hub such as "FacebookAI/roberta-base". */
  readonly base: string
  /** The model directory of the pre-trained text encoder; the manifest and the log of losses beside it. */
  readonly out: string
  /** Weights in the file. Default F32. */
  readonly dtype?: "F32" | "F16"
}

/** NuNER's contrastive pre-training of a base. A run that is cut short goes on from its last checkpoint. */
export const pretrainStage = Effect.fn("pretrainStage")(function* (options: PretrainStageOptions) {
  const { base, dtype = "F32", input, out, ...given } = options
  const progress = yield* Progress
  const settings = yield* attempt("pretrain", () => decodePretrainOptions(given))
  const directory = yield* attempt("pretrain", () => resolveModel(base))
  const log = `${out}.log.jsonl`
  return yield* runStage({
    name: "pretrain",
    manifest: `${out}.manifest.json`,
    settings: plain({ ...settings, base, dtype }),
    seeds: { pretrain: settings.seed },
    inputs: [input, directory],
    artefacts: [out, log],
    work: attempt("pretrain", async (signal) => {
      const sentences = await readAligned(input)
      await useEngine()
      const encoder = await fromPretrained(directory)
      const kept = checkpoints(out)
      const writer = Bun.file(log).writer()
      try {
        let start: PretrainStart | undefined
        let scores: ContrastiveScores | undefined
        let loss = Number.NaN
        let trained = 0
        for await (const event of pretrain({ ...given, sentences, text: encoder, signal, checkpoint: kept })) {
          writer.write(`${JSON.stringify(event)}\n`)
          if (event.type === "start") start = event
          else if (event.type === "validation") scores = event.scores
          else if (event.type === "step") {
            trained = event.step
            loss = event.loss
            const validated = scores === undefined ? "" : `  validation AUC ${scores.auc.toFixed(3)}`
            progress.update({
              stage: "pretrain",
              done: event.step,
              total: start!.steps,
              note: `loss ${loss.toFixed(4)}${validated}`
            })
          }
        }
        signal.throwIfAborted()
        const card = modelCard({
          name: "NuNER",
          description:
            `A NER encoder: ${isHub(base) ? base : "a RoBERTa"} pre-trained on ${start!.trainSentences} sentences that an LLM annotated with ` +
            `${start!.concepts} concepts, by contrastive learning (Bogdanov et al. 2024). Put a token classifier on it.`,
          license: "apache-2.0",
          ...(isHub(base) ? { base } : {}),
          settings: plain({ ...settings })
        })
        await saveEncoder(out, encoder, { dtype, card })
        await kept.remove()
        const validation =
          scores === undefined ? "" : `; validation loss ${scores.loss.toFixed(4)}, AUC ${scores.auc.toFixed(3)}`
        return {
          counts: { ...start!.counts },
          summary: `${cut(start!.cutNames)}${trained} steps on ${start!.trainSentences} sentences and ${start!.concepts} concepts, loss ${loss.toFixed(4)}${validation}`
        }
      } finally {
        await writer.end()
        encoder.dispose()
      }
    })
  })
})

const isHub = (base: string): boolean => !base.startsWith(".") && !base.startsWith("/") && basename(base) !== base

const cut = (names: number): string => (names === 0 ? "" : `${names} concept names cut to the window; `)
