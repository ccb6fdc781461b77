import { existsSync, statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { parseObject } from "../config/configJson.ts"

const single = "model.safetensors"
const index = "model.safetensors.index.json"

/** How to turn a pickle into a file that is only data: with its head, by the class that config.json names, and its tokenizer. */
export const binRemedy = (model: string): string =>
  `convert it once where you trust it: python -c "import transformers as t; m = '${model}'; c = t.AutoConfig.from_pretrained(m).architectures or ['AutoModel']; ` +
  `[one.from_pretrained(m).save_pretrained('converted') for one in (getattr(t, c[0]), t.AutoTokenizer)]"`

/**
 * The safetensors files of a directory: one, or the shards of its index.
 *
 * @throws InputError
 */
export const weightFiles = async (directory: string): Promise<Array<string>> => {
  if (existsSync(join(directory, single))) return [join(directory, single)]
  if (existsSync(join(directory, index))) return shards(directory)
  const bin = ["pytorch_model.bin", "pytorch_model.bin.index.json"].find((name) => existsSync(join(directory, name)))
  throw new InputError({
    source: directory,
    reason: bin
      ? `holds its weights as ${bin} only, a Python pickle, which can run code when read`
      : `holds no ${single}`,
    ...(bin ? { remedy: binRemedy(directory) } : {})
  })
}

const shards = async (directory: string): Promise<Array<string>> => {
  const source = join(directory, index)
  const { weight_map } = parseObject(await readFile(source, "utf8"), source)
  const names = weight_map !== null && typeof weight_map === "object" ? [...new Set(Object.values(weight_map))] : []
  if (names.length === 0) throw new InputError({ source, field: "weight_map", reason: "names no file" })
  return names.map((name) => {
    if (typeof name !== "string" || !/^[\w.-]+\.safetensors$/.test(name)) {
      throw new InputError({
        source,
        field: "weight_map",
        reason: `${JSON.stringify(name)} is not the name of a shard`
      })
    }
    if (!existsSync(join(directory, name))) {
      throw new InputError({
        source,
        field: "weight_map",
        reason: `the shard ${name} is missing`,
        remedy: "fetch the model again"
      })
    }
    return join(directory, name)
  })
}

/** Whether a directory holds everything that `loadEncoder` reads. */
export const isComplete = async (directory: string): Promise<boolean> => {
  const has = (name: string) => existsSync(join(directory, name))
  const tokenizer =
    has("tokenizer.json") || (has("vocab.json") && has("merges.txt")) || has("vocab.txt") || has("spm.model")
  if (!has("config.json") || !tokenizer) return false
  try {
    await weightFiles(directory)
    return true
  } catch {
    return false
  }
}

/** @throws InputError where `directory` is none */
export const checkDirectory = (directory: string): void => {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError({
      source: directory,
      reason: "is not a directory",
      remedy: "give the directory of a saved model"
    })
  }
}
