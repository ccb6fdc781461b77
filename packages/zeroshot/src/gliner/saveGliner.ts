import { OptionError } from "@nuner/core"
import { type SaveOptions, saveWithin, tensorSources, toConfigJson, tokenizerFiles } from "@nuner/encoder"
import type { GlinerParts } from "./Gliner.ts"
import { toGlinerJson } from "./GlinerConfig.ts"
import { CONFIG_FILE } from "./glinerLayout.ts"
import { ENCODER_PREFIX, headParameters } from "./headParameters.ts"

/**
 * Writes a directory that GLiNER's Python loads as it stands (`GLiNER.from_pretrained(directory)`): `gliner_config.json`, `model.safetensors`, the
 * tokenizer's files. Whole or not at all.
 *
 * @throws OptionError for a model with an encoder for types, and for a weight beyond the range of F16; SafetensorsError for one that is no number
 */
export const saveGliner = async (
  directory: string,
  parts: GlinerParts,
  { card, dtype = "F32" }: SaveOptions = {}
): Promise<void> => {
  const { files } = await glinerFiles(parts)
  const { config, encoder, head } = parts
  const beside = headParameters(config, encoder.config.hidden).flatMap(({ name, transposed }) =>
    tensorSources(name, head[name]!, transposed, dtype)
  )
  const cards = card === undefined ? {} : { "README.md": card }
  await saveWithin(directory, encoder, { prefix: ENCODER_PREFIX, beside, dtype, files: { ...files, ...cards } })
}

/** The files beside the weights, by name, and the id of the mark before a type. */
export const glinerFiles = async ({ config, encoder, labels }: GlinerParts) => {
  if (labels !== undefined) {
    const [reason, remedy] = ["a model with an encoder for types is read, not written", "keep the directory it came in"]
    throw new OptionError({ component: "zeroshot", option: "model", reason, remedy })
  }
  const { tokenizer } = encoder
  const { ids } = await tokenizer.encode(config.typeToken)
  const typeId = ids[tokenizer.prefix.length]!
  const ofEncoder = JSON.parse(toConfigJson(encoder.config))
  const json = toGlinerJson(config, ofEncoder, { type: typeId, vocabulary: encoder.config.vocabSize })
  return { typeId, files: { ...tokenizerFiles(tokenizer, encoder.config), [CONFIG_FILE]: json } }
}
