import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { cp } from "node:fs/promises"
import { join } from "node:path"
import { words } from "@nuner/core"
import { dataDir, oddTexts, tempDir } from "@nuner/testing"
import { loadTokenizer, trainByteLevelBpe, trainWordPiece } from "../src/index.ts"
import { openLibrary as openNative } from "../src/tokenizer/nativeLibrary.ts"
import { openLibrary as openWeb } from "../src/tokenizer/webLibrary.ts"

/** Tokens, and of each the words that it touches: what a prediction is made of. */
const read = async (open: typeof openWeb, json: string, texts: ReadonlyArray<string>) => {
  const encodings = await open(json).encodeBatch(texts)
  return encodings.map(({ ids, offsets, special }, i) => {
    const text = texts[i]!
    const spans = words(text)
    const touched = offsets.map(({ start, end }, token) =>
      special[token] ? [] : spans.flatMap((word, at) => (start < word.end && end > word.start ? [at] : []))
    )
    return { text, ids: [...ids], special: [...special], touched }
  })
}

const compare = async (json: string, texts = oddTexts) => {
  const [native, web] = [await read(openNative, json, texts), await read(openWeb, json, texts)]
  for (const [i, expected] of native.entries()) expect(web[i]!).toEqual(expected)
}

test("the library of browsers gives the native one's tokens and words on 200 odd texts: WordPiece", async () =>
  compare((await trainWordPiece(oddTexts, { vocabSize: 800 })).json))

test("the library of browsers gives the native one's tokens and words on 200 odd texts: byte-level BPE", async () =>
  compare((await trainByteLevelBpe(oddTexts, { vocabSize: 600 })).json))

test("the same with a space before a text, and of a text without anything", async () => {
  const parts = JSON.parse((await trainByteLevelBpe(oddTexts, { vocabSize: 600 })).json)
  for (const part of [parts.pre_tokenizer, parts.post_processor]) part.add_prefix_space = true
  // The native library takes the space that it puts behind an added token for a character of the text.
  const plain = oddTexts.filter((text) => !/<\/s>/.test(text))
  await compare(JSON.stringify(parts), [...plain, "", " ", "The 😀Elbe", " led", "🥐", "\n"])
})

test("the same with added tokens of every kind", async () => {
  const contents = ["New Token", "<<Ent>>", "ÜB", "[new]"]
  const texts = [
    ...[
      "a New Token b",
      "aNew Token b",
      "a New Tokens",
      "new token, NEW TOKEN!",
      "New Token",
      "a  New Token  b New Token"
    ],
    ...[
      "x<<Ent>>y",
      "x <<ent>>  y <<ENT>>",
      "ÜB üb ub",
      "[new][NEW] [new]a a_[new]",
      "<<Ent>> <<Ent>>",
      "  <<Ent>>  ",
      "[SEP] a [MASK]"
    ]
  ]
  const trained = [
    await trainWordPiece(oddTexts, { vocabSize: 800 }),
    await trainByteLevelBpe(oddTexts, { vocabSize: 600 })
  ]
  for (const { json, vocabSize } of trained) {
    for (let flags = 0; flags < 16; flags++) {
      const [normalized, single_word, lstrip, rstrip] = [1, 2, 4, 8].map((bit) => (flags & bit) > 0)
      const parts = JSON.parse(json)
      for (const [i, content] of contents.entries())
        parts.added_tokens.push({ id: vocabSize + i, content, normalized, single_word, lstrip, rstrip, special: false })
      await compare(JSON.stringify(parts), texts)
    }
  }
})

for (const name of ["minilm", "roberta"]) {
  const folder =
    name === "minilm" ? join(process.env.NUNER_MODELS ?? "", name) : join(dataDir() ?? "", "tokenizer", name)
  const body = async () => compare((await loadTokenizer(folder)).json)
  const title = `the same with the real tokenizer of ${name}`
  if (existsSync(folder) && folder !== name) test(title, body)
  else test.skip(`${title} (skipped: not here)`, () => {})
}

for (const name of ["xlm-roberta", "deberta-v2"]) {
  const file = join(import.meta.dir, "fixtures/backbones", name, "tokenizer.json")
  test(`the same with a unigram tokenizer, of ${name}`, async () => compare(await Bun.file(file).text()))
}

test("the same with the normalisation that SentencePiece compiled into a model", async () => {
  using folder = tempDir()
  await cp(join(import.meta.dir, "fixtures/sentencepiece/spm.model"), folder.file("spm.model"))
  await compare((await loadTokenizer(folder.path)).json)
})

test("a tokenizer whose offsets are not followed is refused by its part", () => {
  const refused = (part: object) => {
    const model = { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0]] }
    const plain = { normalizer: null, pre_tokenizer: { type: "Metaspace" }, post_processor: null, decoder: null }
    const json = { ...plain, model, added_tokens: [], ...part }
    return expect(() => openWeb(JSON.stringify(json)))
  }
  refused({ pre_tokenizer: { type: "Punctuation" } }).toThrow(
    "pre_tokenizer: Punctuation is not read in a browser, only BertPreTokenizer, ByteLevel"
  )
  refused({ normalizer: { type: "NFD" } }).toThrow("normalizer: NFD is not read in a browser")
  refused({ model: { type: "WordLevel", vocab: {} } }).toThrow("model: WordLevel is not read in a browser")
  refused({ model: { type: "Unigram", vocab: [["a", 0]], byte_fallback: true } }).toThrow("model.byte_fallback")
})
