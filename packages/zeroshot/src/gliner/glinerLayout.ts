import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import type { ModelLayout } from "@nuner/encoder"

export const CONFIG_FILE = "gliner_config.json"
export const SAFETENSORS_FILE = "model.safetensors"
export const PICKLE_FILE = "pytorch_model.bin"
/** The tokenizer of an encoder for types (GLiNER-bi). */
export const LABELS_FOLDER = "labels_tokenizer"

/** The files of a tokenizer, wherever they are: the whole of it, or SentencePiece's own. */
const tokenizerNames = ["tokenizer.json", "spm.model"]

const firstOf = (names: ReadonlyArray<string>, has: (name: string) => boolean) => names.find(has)

/** GLiNER's own layout: `gliner_config.json`, the weights (safetensors rather than a pickle), a tokenizer or none. */
export const glinerLayout: ModelLayout = {
  wanted: (files, source) => {
    const has = (name: string) => files.includes(name)
    const weights = firstOf([SAFETENSORS_FILE, PICKLE_FILE], has)
    if (!has(CONFIG_FILE) || weights === undefined) {
      const reason = `has no ${has(CONFIG_FILE) ? `${SAFETENSORS_FILE} or ${PICKLE_FILE}` : CONFIG_FILE}`
      throw new InputError({ source, reason })
    }
    const tokenizer = firstOf(tokenizerNames, has)
    // Weights last: a directory that has them has everything.
    const labels = [...tokenizerNames, "tokenizer_config.json"].map((name) => `${LABELS_FOLDER}/${name}`).filter(has)
    return [
      CONFIG_FILE,
      ...(tokenizer ? [tokenizer] : []),
      ...["tokenizer_config.json"].filter(has),
      ...labels,
      weights
    ]
  },
  isComplete: async (directory) => {
    const has = (name: string) => existsSync(join(directory, name))
    return has(CONFIG_FILE) && firstOf([SAFETENSORS_FILE, PICKLE_FILE], has) !== undefined
  }
}

/** The tokenizer of a base model alone, for models that come without one. */
export const tokenizerLayout: ModelLayout = {
  wanted: (files, source) => {
    const tokenizer = firstOf(tokenizerNames, (name) => files.includes(name))
    if (tokenizer === undefined) throw new InputError({ source, reason: `has no ${tokenizerNames.join(" or ")}` })
    return [tokenizer, ...["tokenizer_config.json"].filter((name) => files.includes(name))]
  },
  isComplete: async (directory) => firstOf(tokenizerNames, (name) => existsSync(join(directory, name))) !== undefined
}
