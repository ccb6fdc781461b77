import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, messageOf } from "@nuner/core"
import { parseObject } from "../config/configJson.ts"
import { sentencePieceJson } from "./sentencePieceJson.ts"
import { Tokenizer } from "./Tokenizer.ts"
import { bertTokenizerJson, robertaTokenizerJson } from "./tokenizerJson.ts"
import { parseAddedTokens, parseTokenizerSettings, withSettings } from "./tokenizerSettings.ts"

/**
 * The tokenizer of a Hugging Face directory: `tokenizer.json`, else RoBERTa's `vocab.json` + `merges.txt`, else BERT's `vocab.txt`, else DeBERTa's `spm.model`. What
 * `tokenizer_config.json` says about lower-casing, accents, Chinese characters and a leading space holds over any of them, where its class is one that has these; what it
 * doesn't say is taken from `tokenizer.json`, where Python assumes a default. Tokens that it or `added_tokens.json` adds join the others.
 *
 * @throws InputError
 */
export const loadTokenizer = async (directory: string): Promise<Tokenizer> => {
  const { json, source } = await readTokenizer(directory)
  let whole = json
  for (const [name, parse] of [
    ["tokenizer_config.json", parseTokenizerSettings],
    ["added_tokens.json", parseAddedTokens]
  ] as const) {
    const path = join(directory, name)
    if (existsSync(path)) whole = withSettings(whole, source, parse(await readText(path), path))
  }
  return Tokenizer.fromJson(whole, source)
}

const readTokenizer = async (directory: string): Promise<{ readonly json: string; readonly source: string }> => {
  const has = (name: string) => existsSync(join(directory, name))
  const read = (name: string) => readText(join(directory, name))
  if (has("tokenizer.json")) return { json: await read("tokenizer.json"), source: join(directory, "tokenizer.json") }
  if (has("vocab.json") && has("merges.txt")) {
    const source = join(directory, "vocab.json")
    const vocab = parseObject(await read("vocab.json"), source) as Record<string, number>
    const merges = parseMerges(await read("merges.txt"), join(directory, "merges.txt"))
    return { json: robertaTokenizerJson(vocab, merges), source }
  }
  if (has("vocab.txt")) {
    const source = join(directory, "vocab.txt")
    const tokens = (await read("vocab.txt")).replace(/\r?\n$/, "").split(/\r?\n/)
    const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]))
    if (Object.keys(vocab).length !== tokens.length)
      throw new InputError({ source, reason: "a token stands there twice" })
    return { json: bertTokenizerJson(vocab, isLowercase(tokens)), source }
  }
  if (has("spm.model")) {
    const source = join(directory, "spm.model")
    return { json: sentencePieceJson(await readFile(source), source), source }
  }
  throw new InputError({
    source: directory,
    reason: "holds no tokenizer",
    remedy: "expected tokenizer.json, or vocab.json and merges.txt, or vocab.txt, or spm.model"
  })
}

/** A vocabulary without a single capital letter (special tokens apart) is an uncased one. */
const isLowercase = (tokens: ReadonlyArray<string>): boolean =>
  !tokens.some((token) => !/^\[.*\]$/.test(token) && /\p{Lu}/u.test(token))

const parseMerges = (text: string, source: string): Array<[string, string]> => {
  const merges: Array<[string, string]> = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || (index === 0 && line.startsWith("#version"))) continue
    const [left, right, ...rest] = line.split(" ")
    if (!left || !right || rest.length > 0) {
      throw new InputError({
        source,
        line: index + 1,
        reason: `expected two symbols and a space, got ${JSON.stringify(line.slice(0, 80))}`
      })
    }
    merges.push([left, right])
  }
  return merges
}

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    throw new InputError({ source: path, reason: messageOf(cause) })
  }
}
