import { decodeOptions, OptionError } from "@nuner/core"
import { type Gliner, gliner } from "./Gliner.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"
import { NewGlinerOptions } from "./newGliner.ts"

/** What the weights decide. */
const fixed = ["spanMode", "hidden", "lstm", "words"] as const

/**
 * A model to go on training with, under other settings that no weight depends on: a model of single words (`maxWidth` 1) becomes one of spans, which
 * starts from what words have taught it.
 *
 * @param model its parts go over to the one that is returned
 * @param options those that are given; the model's own stay otherwise
 * @throws OptionError for one that the weights decide otherwise
 */
export const reshapeGliner = (model: Gliner, options: NewGlinerOptions): Gliner => {
  const { headDropout, ...decoded } = decodeOptions("newGliner", NewGlinerOptions, options)
  const given = new Set(Object.keys(options).filter((name) => options[name as keyof typeof options] !== undefined))
  const { config, encoder, head } = model
  for (const option of fixed) {
    if (!given.has(option) || decoded[option] === config[option]) continue
    const reason = `${decoded[option]} is not what the model was made with, ${config[option]}`
    throw new OptionError({ component: "newGliner", option, reason, remedy: "start from an encoder" })
  }
  const pick = <Name extends keyof GlinerConfig & keyof typeof decoded>(name: Name) =>
    given.has(name) ? { [name]: decoded[name] } : {}
  const changed = { ...pick("maxWidth"), ...pick("maxWords"), ...pick("maxTypes") }
  return gliner({
    encoder,
    head,
    config: { ...config, ...changed, ...(given.has("headDropout") && { dropout: headDropout }) }
  })
}
