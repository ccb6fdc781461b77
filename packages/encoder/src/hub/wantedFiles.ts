import { InputError } from "@nuner/core"
import { binRemedy } from "../files/weightFiles.ts"

/** Which files of a model an encoder needs, out of all that are there. */
export const wantedFiles = (files: ReadonlyArray<string>, source: string): Array<string> => {
  const has = (name: string) => files.includes(name)
  if (!has("config.json")) throw new InputError({ source, reason: "has no config.json" })
  const weights = has("model.safetensors")
    ? ["model.safetensors"]
    : has("model.safetensors.index.json")
      ? files.filter((name) => name === "model.safetensors.index.json" || /^model-\d+-of-\d+\.safetensors$/.test(name))
      : []
  if (weights.length === 0) {
    const bin = files.find((name) => name.endsWith(".bin"))
    throw new InputError({
      source,
      reason: bin
        ? `has its weights as ${bin} only, a Python pickle, which can run code when read`
        : "has no model.safetensors",
      ...(bin ? { remedy: binRemedy(source.replace(/@.*$/, "")) } : {})
    })
  }
  const tokenizer = has("tokenizer.json")
    ? ["tokenizer.json"]
    : ["vocab.json", "merges.txt", "vocab.txt", "spm.model"].filter(has)
  const settings = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"].filter(has)
  // Weights last: a directory that has them has everything.
  return ["config.json", ...tokenizer, ...settings, ...weights]
}
