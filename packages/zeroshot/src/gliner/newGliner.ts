import { decodeOptions, OptionError, option, PositiveInt, Rate } from "@nuner/core"
import { type Encoder, makeEncoder, parameterSpecs } from "@nuner/encoder"
import { normalInit, tf } from "@nuner/engine"
import { Schema } from "effect"
import { promptTokenizer } from "../prompt/promptTokenizer.ts"
import { type Gliner, gliner } from "./Gliner.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"
import { initHead } from "./headParameters.ts"

/** What is chosen of a new model; everything else follows from its encoder. */
export const NewGlinerOptions = Schema.Struct({
  spanMode: option(Schema.Literals(["marker", "markerV0", "token_level"]), {
    default: "marker",
    help: "spans are scored by their ends (`markerV0` with a feed-forward network on top), or words by whether an entity starts, ends or goes on there"
  }),
  maxWidth: option(PositiveInt, {
    default: 1,
    help: "words of the widest span; 1: single words, which are merged (NuNER Zero)"
  }),
  hidden: option(Schema.optionalKey(PositiveInt), { help: "width behind the encoder", absent: "the encoder's" }),
  headDropout: option(Rate, {
    default: 0.4,
    help: "within the head"
  }),
  lstm: option(Schema.Boolean, { default: true, help: "an LSTM over words before the head" }),
  maxWords: option(PositiveInt, { default: 384, help: "words of a text that are read at once" }),
  maxTypes: option(PositiveInt, {
    default: 25,
    help: "the most types of a training sentence, and of a row in prediction"
  }),
  words: option(Schema.Literals(["published", "ours"]), {
    default: "published",
    help: "the rule that divides texts into words"
  }),
  seed: option(Schema.Int, { default: 0, help: "of the first weights" })
})
export type NewGlinerOptions = Partial<(typeof NewGlinerOptions)["Encoded"]>

/**
 * A model to train: an encoder that learns the marks of a prompt as new tokens, and a random head. NuNER Zero's head by default: `marker` of width 1
 * behind an LSTM, as wide as the encoder.
 *
 * @param encoder the model owns it from here on, with a tokenizer and an embedding table of its own
 * @param base its name on the hub, where it has one
 * @throws OptionError
 */
export const newGliner = async (encoder: Encoder, options: NewGlinerOptions = {}, base = ""): Promise<Gliner> => {
  const { headDropout: dropout, seed, ...chosen } = decodeOptions("newGliner", NewGlinerOptions, options)
  const marks = { typeVector: "mark", typeToken: "<<ENT>>", endToken: "<<SEP>>" } as const
  const config: GlinerConfig = { hidden: encoder.config.hidden, ...chosen, dropout, base, ...marks, lowercase: false }
  if (config.lstm && config.hidden % 2 === 1) {
    throw new OptionError({
      component: "newGliner",
      option: "hidden",
      reason: `${config.hidden} cannot be halved for the LSTM`
    })
  }
  const tokenizer = await promptTokenizer(encoder.tokenizer, [config.typeToken, config.endToken])
  const head = initHead(config, encoder.config.hidden, seed)
  return gliner({ config, encoder: withRows(encoder, tokenizer, seed), head })
}

/** The encoder with a row of its embedding table for each of the tokenizer's ids; new ones are random. */
const withRows = (encoder: Encoder, tokenizer: Encoder["tokenizer"], seed: number): Encoder => {
  const { config, parameters } = encoder
  const table = parameterSpecs(config).find(({ shape }) => shape[0] === config.vocabSize)!.name
  const missing = Math.max(0, tokenizer.vocabSize - config.vocabSize)
  const grown = tf.tidy(() => {
    const rows = normalInit([missing, config.hidden], { seed, name: "prompt" }, config.initializerRange)
    return tf.variable(tf.concat([parameters[table]!, rows], 0))
  })
  encoder.inference?.dispose()
  parameters[table]!.dispose()
  return makeEncoder({ ...config, vocabSize: config.vocabSize + missing }, { ...parameters, [table]: grown }, tokenizer)
}
