import { mkdtemp, open, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkTexts, InputError, OptionError } from "@nuner/core"
import {
  BPE,
  bertNormalizer,
  bertPreTokenizer,
  byteLevelAlphabet,
  byteLevelPreTokenizer,
  metaspacePreTokenizer,
  Tokenizer as Native,
  sequencePreTokenizer
} from "tokenizers"
import { specialNames } from "./SpecialTokens.ts"
import { Tokenizer } from "./Tokenizer.ts"
import { bertTokenizerJson, robertaTokenizerJson } from "./tokenizerJson.ts"

/** The library's trainer takes no options and stops at this many entries. */
const learned = 30_000

type Texts = Iterable<string> | AsyncIterable<string>

/**
 * Learns a byte-level BPE as RoBERTa has it: `<s> <pad> </s> <unk>`, the 256 byte symbols, merges in the order learned, `<mask>` last.
 * A small corpus gives fewer entries than asked: see `vocabSize` of the result. The same texts give the same tokenizer.
 *
 * @param vocabSize 262..30,000
 * @throws OptionError, InputError where the texts are empty
 */
export const trainByteLevelBpe = async (texts: Texts, { vocabSize }: { vocabSize: number }): Promise<Tokenizer> => {
  const alphabet = byteLevelAlphabet().sort()
  checkTexts("trainByteLevelBpe", texts)
  checkSize("trainByteLevelBpe", vocabSize, alphabet.length + 6)
  const native = new Native(BPE.empty())
  native.setPreTokenizer(byteLevelPreTokenizer(false))
  const { merges } = (await train(native, texts)) as { merges: Array<[string, string]> }
  const { first, pad, last, unknown, mask } = specialNames.roberta
  const tokens = new Set<string>([first, pad, last, unknown, ...alphabet])
  const kept: Array<[string, string]> = []
  for (const [left, right] of merges) {
    if (tokens.size === vocabSize - 1) break
    kept.push([left, right])
    tokens.add(left + right)
  }
  tokens.add(mask)
  return Tokenizer.fromJson(robertaTokenizerJson(numbered(tokens), kept))
}

/**
 * Learns a WordPiece vocabulary as BERT has it: `[PAD] [UNK] [CLS] [SEP] [MASK]`, the characters seen (`c` and `##c`), then pieces in the order
 * learned, by merges of frequent pairs. The same texts give the same tokenizer; the library's own WordPiece trainer does not promise that, so
 * its BPE trainer learns from words whose beginning is marked, and what it learns is written as pieces.
 *
 * @param vocabSize at most 30,000
 * @param lowercase whether text is lower-cased and stripped of accents first
 * @throws OptionError, InputError where the texts are empty
 */
export const trainWordPiece = async (
  texts: Texts,
  { vocabSize, lowercase = true }: { vocabSize: number; lowercase?: boolean }
): Promise<Tokenizer> => {
  checkTexts("trainWordPiece", texts)
  checkSize("trainWordPiece", vocabSize, 6)
  const native = new Native(BPE.empty())
  native.setNormalizer(bertNormalizer({ lowercase }))
  native.setPreTokenizer(sequencePreTokenizer([bertPreTokenizer(), metaspacePreTokenizer(wordStart, "always")]))
  const { vocab } = (await train(native, texts)) as { vocab: Record<string, number> }
  const learned = Object.entries(vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([piece]) => piece)
    .filter((piece) => piece !== wordStart)
  const characters = learned.filter((piece) => [...piece].length === 1)
  const { pad, unknown, first, last, mask } = specialNames.bert
  const tokens = new Set<string>([pad, unknown, first, last, mask])
  const pieces = [
    ...characters,
    ...characters.map((character) => `##${character}`),
    ...learned.map((piece) => (piece.startsWith(wordStart) ? piece.slice(wordStart.length) : `##${piece}`))
  ]
  for (const piece of pieces) if (tokens.size < vocabSize) tokens.add(piece)
  return Tokenizer.fromJson(bertTokenizerJson(numbered(tokens), lowercase))
}

/** Stands before every word while pieces are learned. */
const wordStart = "\u2581"

const numbered = (tokens: Iterable<string>): Record<string, number> =>
  Object.fromEntries(Array.from(tokens, (token, id) => [token, id]))

const checkSize = (component: string, vocabSize: number, least: number): void => {
  if (!Number.isInteger(vocabSize) || vocabSize < least || vocabSize > learned) {
    const reason = `must be an integer in ${least}..${learned}, got ${vocabSize}`
    throw new OptionError({ component, option: "vocabSize", reason })
  }
}

/** The library trains from files only: the texts pass through a temporary one. Returns the `model` of `tokenizer.json`. */
const train = async (native: Native, texts: Texts): Promise<unknown> => {
  const directory = await mkdtemp(join(tmpdir(), "nuner-tokenizer-"))
  try {
    const path = join(directory, "texts")
    const file = await open(path, "w")
    let characters = 0
    try {
      for await (const text of texts) {
        characters += text.length
        await file.write(`${text}\n`)
      }
    } finally {
      await file.close()
    }
    if (characters === 0) throw new InputError({ source: "texts", reason: "no text to learn a vocabulary from" })
    native.train([path])
    native.save(join(directory, "tokenizer.json"))
    return JSON.parse(await readFile(join(directory, "tokenizer.json"), "utf8")).model
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
