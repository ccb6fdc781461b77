import { existsSync } from "node:fs"
import { InputError } from "@nuner/core"
import {
  countParameters,
  loadTokenizer,
  modelCard,
  randomEncoder,
  saveEncoder,
  small,
  trainByteLevelBpe
} from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { type MaskedLanguageOptions, pretrainMaskedLanguage } from "@nuner/trainer"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readSentences } from "../inputs/readSentences.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { plain } from "./plain.ts"

export interface BaseStageOptions extends Partial<MaskedLanguageOptions> {
  /** Raw text to learn the vocabulary and the language from: see `readSentences`. */
  readonly inputs: ReadonlyArray<string>
  /** The model directory. */
  readonly out: string
  /** Width of a token's vector. Default 256. */
  readonly hidden?: number
  /** Default 4. */
  readonly layers?: number
  /** Most tokens of a window. Default 128. */
  readonly window?: number
  /** A folder with a tokenizer to take over: `tokenizer.json`, or `vocab.json` and `merges.txt`, or `vocab.txt`. Absent: one is learned. */
  readonly tokenizer?: string
  /** Entries of the byte-level BPE that is learned. Default 8192. */
  readonly vocabSize?: number
  /** Tokens of language modelling; 0 leaves the weights random. Default 0. */
  readonly tokens?: number
}

/** Makes a small RoBERTa with a tokenizer of its own, from nothing but text. */
export const baseStage = Effect.fn("baseStage")(function* (options: BaseStageOptions) {
  const {
    hidden = 256,
    inputs,
    layers = 4,
    out,
    seed = 0,
    tokenizer: given,
    tokens = 0,
    vocabSize = 8192,
    window = 128,
    ...language
  } = options
  const progress = yield* Progress
  return yield* runStage({
    name: "base",
    manifest: `${out}.manifest.json`,
    settings: plain({ hidden, layers, window, vocabSize, tokens, ...language }),
    seeds: { base: seed },
    inputs: given === undefined ? inputs : [...inputs, given],
    artefacts: [out],
    work: attempt("base", async (signal) => {
      const texts: Array<string> = []
      for (const input of inputs) for await (const { text } of readSentences(input)) texts.push(text)
      if (texts.length === 0) throw new InputError({ source: inputs.join(", "), reason: "has no text" })
      await useEngine()
      const tokenizer = await (given === undefined ? trainByteLevelBpe(texts, { vocabSize }) : loadTokenizer(given))
      const heads = Math.max(1, Math.round(hidden / 64))
      const config = small({ hidden, layers, heads, positions: window + 2 })
      const encoder = randomEncoder(config, tokenizer, seed)
      try {
        let loss = Number.NaN
        if (tokens > 0) {
          const kept = checkpoints(out)
          let steps = 0
          const events = pretrainMaskedLanguage({ ...language, texts, encoder, tokens, seed, signal, checkpoint: kept })
          for await (const event of events) {
            if (event.type === "start") steps = event.steps
            else if (event.type === "step") {
              const speed = `${Math.round(event.tokensPerSecond ?? 0)} tokens/s`
              progress.update({
                stage: "base",
                done: event.step,
                total: steps,
                note: `loss ${event.loss.toFixed(3)}  ${speed}`
              })
            } else if (event.type === "evaluation") loss = event.metrics.loss ?? loss
          }
          signal.throwIfAborted()
        }
        const millions = (countParameters(encoder.config) / 1e6).toFixed(1)
        const card = modelCard({
          name: "A small RoBERTa",
          description: `A base encoder of ${layers} layers x ${hidden} (${millions}M parameters), made from ${texts.length} texts; its tokenizer was ${given === undefined ? "learned from them" : "taken over"}.`,
          license: "apache-2.0",
          settings: plain({ hidden, layers, window, vocabSize: tokenizer.vocabSize, tokens, seed, ...language })
        })
        await saveEncoder(out, encoder, { card })
        await checkpoints(out).remove()
        return {
          counts: { texts: { in: texts.length, out: texts.length, dropped: {} } },
          summary:
            `${layers} layers x ${hidden}, ${millions}M parameters, ${tokenizer.vocabSize} tokens` +
            (tokens === 0 ? ", random weights" : `, masked loss ${loss.toFixed(2)} after ${tokens} tokens`)
        }
      } finally {
        encoder.dispose()
      }
    })
  })
})

/** Whether a path holds a model. */
export const isModel = (path: string): boolean => existsSync(`${path}/config.json`)
