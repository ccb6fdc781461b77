import { describe, expect, test } from "bun:test"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import { tempDir, withData } from "@nuner/testing"
import { loadTokenizer, small, Tokenizer, trainByteLevelBpe, trainWordPiece } from "../src/index.ts"
import { tokenizerFiles } from "../src/tokenizer/tokenizerFiles.ts"
import { texts } from "./texts.ts"

const bpe = await trainByteLevelBpe(texts, { vocabSize: 400 })
const wordPiece = await trainWordPiece(texts, { vocabSize: 300 })
const slices = (text: string, offsets: ReadonlyArray<{ start: number; end: number }>) =>
  offsets.map(({ start, end }) => text.slice(start, end))

describe("offsets", () => {
  test("slice the text after emoji, accents and lone surrogates", async () => {
    const text = "Zoë 😀 café 👨‍👩‍👧 x\ud800y  end"
    const { ids, offsets, special } = await bpe.encode(text)
    const pieces = slices(text, offsets)
    expect(special[0]).toBe(1)
    expect(offsets[0]).toEqual({ start: 0, end: 0 })
    // Without the white space, the distinct pieces are the text.
    const covered = new Set<number>()
    for (const { start, end } of offsets) for (let i = start; i < end; i++) covered.add(i)
    expect([...text.split("").keys()].filter((i) => text[i] !== " ").every((i) => covered.has(i))).toBe(true)
    expect(pieces).toContain("😀")
    expect(ids.length).toBe(offsets.length)
  })

  test("of WordPiece are of the original text, not of the lower-cased one", async () => {
    const text = "The MAYOR, Zoë 🥐!"
    const { offsets } = await wordPiece.encode(text)
    expect(slices(text, offsets).join("")).toBe(text.replaceAll(" ", "").replace("🥐", "🥐"))
  })
})

describe("words", () => {
  test("keep their sub-tokens; an empty word is unknown", async () => {
    const words = ["Marie", "", "Curie", "shared", "  ", "🥐🥐", "prize"]
    for (const tokenizer of [bpe, wordPiece]) {
      const { text, ids, wordOf, tokensOf, offsets } = await tokenizer.encodeWords(words)
      expect(text).toBe("Marie Curie shared 🥐🥐 prize")
      expect(tokensOf.length).toBe(words.length)
      for (const [word, { start, end }] of tokensOf.entries()) {
        expect(end).toBeGreaterThan(start)
        for (let token = start; token < end; token++) expect(wordOf[token]).toBe(word)
      }
      for (const empty of [1, 4]) expect(ids[tokensOf[empty]!.start]).toBe(tokenizer.special.unknown.id)
      expect(wordOf[0]).toBe(-1)
      expect(wordOf.at(-1)).toBe(-1)
      expect(ids.length).toBe(offsets.length)
    }
  })

  test("only empty ones still each get a token", async () => {
    const { ids, wordOf } = await bpe.encodeWords(["", ""])
    expect([...ids]).toEqual([0, 3, 3, 2])
    expect([...wordOf]).toEqual([-1, 0, 1, -1])
  })

  test("that the tokenizer does not split share its token", async () => {
    const text = "A the library"
    const { ids, tokensOf, wordOf } = await bpe.encodeTextWords(text, [
      { start: 2, end: 3 },
      { start: 3, end: 5 },
      { start: 6, end: 13 }
    ])
    expect(bpe.tokens(ids)[2]).toBe("Ġthe")
    expect(tokensOf.slice(0, 2)).toEqual([
      { start: 2, end: 3 },
      { start: 2, end: 3 }
    ])
    expect([...wordOf].slice(1, 4)).toEqual([-1, 0, 2])
  })

  test("dropped by the normalizer are unknown, text between words is nobody's", async () => {
    const dropped = await wordPiece.encodeWords(["the", "\u0007", "bridge"])
    expect(dropped.ids[dropped.tokensOf[1]!.start]).toBe(wordPiece.special.unknown.id)
    const between = await bpe.encodeTextWords("the, river", [
      { start: 0, end: 3 },
      { start: 5, end: 10 }
    ])
    const comma = between.offsets.findIndex(({ start }) => start === 3)
    expect(between.wordOf[comma]).toBe(-1)
    expect(between.wordOf[comma - 1]).toBe(0)
    expect(between.wordOf[comma + 1]).toBe(1)
  })

  test("out of order are refused by index", async () => {
    const words = [
      { start: 4, end: 9 },
      { start: 0, end: 3 }
    ]
    await expect(bpe.encodeTextWords("the river", words)).rejects.toThrow("words[1]")
    await expect(bpe.encodeTextWords("the river", [{ start: 0, end: 10 }])).rejects.toThrow(InputError)
  })
})

describe("training", () => {
  test("gives the asked size, RoBERTa's ids, and the same tokenizer again", async () => {
    expect(bpe.vocabSize).toBe(400)
    const ids = Object.values(bpe.special).map(({ id }) => id)
    expect(ids).toEqual([0, 2, 1, 3, 399])
    expect((await trainByteLevelBpe(texts, { vocabSize: 400 })).json).toBe(bpe.json)
    for (let i = 0; i < 5; i++) expect((await trainWordPiece(texts, { vocabSize: 300 })).json).toBe(wordPiece.json)
    expect(wordPiece.vocabSize).toBe(300)
    const vocab = Object.keys(JSON.parse(wordPiece.json).model.vocab)
    for (const piece of ["the", "in", "##ed", "##s", "z", "##z"]) expect(vocab).toContain(piece)
  })

  test("a smaller vocabulary is a prefix of a larger one", async () => {
    const larger = JSON.parse((await trainByteLevelBpe(texts, { vocabSize: 500 })).json).model
    const merges = JSON.parse(bpe.json).model.merges
    expect(larger.merges.slice(0, merges.length)).toEqual(merges)
  })

  test("byte-level BPE loses no character", async () => {
    const text = "日本語 ∀x ÿ \u0001 🥐"
    const { ids, offsets } = await bpe.encode(text)
    expect([...ids]).not.toContain(bpe.special.unknown.id)
    expect(Math.max(...offsets.map(({ end }) => end))).toBe(text.length)
  })

  test("refuses sizes it cannot give, and no text", async () => {
    await expect(trainByteLevelBpe(texts, { vocabSize: 100 })).rejects.toThrow(OptionError)
    for (const train of [trainByteLevelBpe, trainWordPiece]) {
      await expect(train("all in one", { vocabSize: 300 })).rejects.toThrow('"texts": is one text')
    }
    await expect(trainByteLevelBpe(texts, { vocabSize: 50_000 })).rejects.toThrow("vocabSize")
    await expect(trainWordPiece(["", ""], { vocabSize: 100 })).rejects.toThrow("no text")
  })
})

describe("files", () => {
  test("written and read give the same ids", async () => {
    using dir = tempDir()
    for (const tokenizer of [bpe, wordPiece]) {
      const folder = dir.file(tokenizer.special.first.token.replaceAll(/\W/g, ""))
      await mkdir(folder)
      const config = small({ vocabSize: tokenizer.vocabSize, padId: tokenizer.special.pad.id })
      for (const [name, content] of Object.entries(tokenizerFiles(tokenizer, config)))
        await writeFile(join(folder, name), content)
      const again = await loadTokenizer(folder)
      expect(again.special).toEqual(tokenizer.special)
      for (const text of texts) expect((await again.encode(text)).ids).toEqual((await tokenizer.encode(text)).ids)
    }
  })

  test("name a class of Python's that builds normalizer and pre-tokenizer itself only where it builds just these", async () => {
    const classOf = async (json: string, change: (parts: Record<string, Record<string, unknown> | null>) => void) => {
      const parts = JSON.parse(json)
      change(parts)
      const tokenizer = await Tokenizer.fromJson(JSON.stringify(parts))
      const config = small({ vocabSize: tokenizer.vocabSize, padId: tokenizer.special.pad.id })
      return JSON.parse(tokenizerFiles(tokenizer, config)["tokenizer_config.json"]!).tokenizer_class as string
    }
    const unigram = (normalizer: unknown, first: ReadonlyArray<string>, scheme = "always") => {
      const pieces = [...first, "▁the", "▁", "t", "h", "e", "<mask>"].map((piece, id) => [piece, -id])
      const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split: true }
      const frame = {
        type: "RobertaProcessing",
        sep: ["</s>", first.indexOf("</s>")],
        cls: ["<s>", first.indexOf("<s>")]
      }
      return JSON.stringify({
        ...{ version: "1.0", added_tokens: [], normalizer, decoder: null, truncation: null, padding: null },
        pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
        post_processor: { ...frame, trim_offsets: true, add_prefix_space: false },
        model: { type: "Unigram", unk_id: first.indexOf("<unk>"), vocab: pieces, byte_fallback: false }
      })
    }
    const ordinary = ["<s>", "<pad>", "</s>", "<unk>"]
    const any = "PreTrainedTokenizerFast"
    const nothing = () => {}
    const cases: Array<[string, string, Parameters<typeof classOf>[1]]> = [
      ["BertTokenizer", wordPiece.json, nothing],
      ["BertTokenizer", wordPiece.json, ({ normalizer }) => Object.assign(normalizer!, { lowercase: false })],
      [any, wordPiece.json, ({ normalizer }) => Object.assign(normalizer!, { clean_text: false })],
      [any, wordPiece.json, (parts) => Object.assign(parts, { normalizer: { type: "Lowercase" } })],
      [any, wordPiece.json, (parts) => Object.assign(parts, { pre_tokenizer: { type: "Whitespace" } })],
      [any, wordPiece.json, ({ model }) => Object.assign(model!, { max_input_chars_per_word: 20 })],
      [any, wordPiece.json, (parts) => Object.assign(parts, { post_processor: null })],
      ["RobertaTokenizer", bpe.json, nothing],
      ["RobertaTokenizer", bpe.json, (parts) => Object.assign(parts.pre_tokenizer!, { add_prefix_space: true })],
      [any, bpe.json, (parts) => Object.assign(parts, { normalizer: { type: "NFKC" } })],
      [any, bpe.json, ({ model }) => Object.assign(model!, { ignore_merges: true })],
      [any, bpe.json, ({ pre_tokenizer }) => Object.assign(pre_tokenizer!, { use_regex: false })],
      ["XLMRobertaTokenizer", unigram(null, ordinary), nothing],
      [any, unigram({ type: "NFKC" }, ordinary), nothing],
      [any, unigram(null, ordinary, "first"), nothing],
      [any, unigram(null, ["<unk>", "<s>", "<pad>", "</s>"]), nothing]
    ]
    for (const [index, [name, json, change]] of cases.entries())
      expect([index, await classOf(json, change)]).toEqual([index, name])
  })

  test("vocab.json + merges.txt and vocab.txt equal tokenizer.json", async () => {
    using dir = tempDir()
    const { vocab, merges } = JSON.parse(bpe.json).model
    await writeFile(dir.file("vocab.json"), JSON.stringify(vocab))
    const lines = merges.map((pair: Array<string>) => pair.join(" "))
    await writeFile(dir.file("merges.txt"), ["#version: 0.2", ...lines, ""].join("\n"))
    expect((await loadTokenizer(dir.path)).json).toBe(bpe.json)
    using other = tempDir()
    const pieces = Object.entries(JSON.parse(wordPiece.json).model.vocab as Record<string, number>)
    const sorted = pieces.sort((a, b) => a[1] - b[1]).map(([piece]) => piece)
    await writeFile(other.file("vocab.txt"), `${sorted.join("\n")}\n`)
    expect((await loadTokenizer(other.path)).json).toBe(wordPiece.json)
  })

  test("tokenizer_config.json holds over them, as in Python", async () => {
    using dir = tempDir()
    const config = (settings: unknown) => writeFile(dir.file("tokenizer_config.json"), JSON.stringify(settings))
    const ids = async (text: string) => [...(await (await loadTokenizer(dir.path)).encode(text)).ids]
    await writeFile(dir.file("tokenizer.json"), bpe.json)
    await config({ add_prefix_space: true, do_lower_case: true })
    expect(await ids("the river")).toEqual([...(await bpe.encode(" the river")).ids])
    await writeFile(dir.file("tokenizer.json"), wordPiece.json)
    const [lower, upper] = [await ids("zoe the"), [...(await wordPiece.encode("Zoë The")).ids]]
    expect(upper).toEqual(lower)
    // The class that reads tokenizer.json as it stands has no such settings.
    await config({ do_lower_case: false, tokenizer_class: "PreTrainedTokenizerFast" })
    expect(await ids("Zoë The")).toEqual(lower)
    await config({ strip_accents: null, do_lower_case: true })
    expect(await ids("Zoë The")).toEqual(lower)
    for (const settings of [{ do_lower_case: false }, { strip_accents: false }]) {
      await config(settings)
      expect(await ids("Zoë The")).not.toEqual(lower)
    }
    const pieces = Object.entries(JSON.parse(wordPiece.json).model.vocab as Record<string, number>)
    await rm(dir.file("tokenizer.json"))
    await writeFile(
      dir.file("vocab.txt"),
      pieces
        .sort((a, b) => a[1] - b[1])
        .map(([piece]) => piece)
        .join("\n")
    )
    await config({ do_lower_case: false })
    expect(await ids("Zoë The")).not.toEqual(lower)
    await config({ do_lower_case: "no" })
    await expect(loadTokenizer(dir.path)).rejects.toThrow("do_lower_case")
  })

  test("of added tokens beside tokenizer.json or vocab.txt are read, and damaged ones refused by name", async () => {
    using dir = tempDir()
    const ids = async (text: string) => [...(await (await loadTokenizer(dir.path)).encode(text)).ids].slice(1, -1)
    const flags = { lstrip: false, rstrip: false, single_word: false, normalized: false, special: true }
    const config = (decoder: object) =>
      writeFile(dir.file("tokenizer_config.json"), JSON.stringify({ added_tokens_decoder: decoder }))
    const { vocab } = JSON.parse(wordPiece.json).model as { vocab: Record<string, number> }
    await writeFile(dir.file("tokenizer.json"), wordPiece.json)
    await config({
      301: { content: "[B]", ...flags },
      300: { content: "[A]", ...flags },
      0: { content: "the", ...flags }
    })
    expect(await ids("[A] the[B]")).toEqual([300, vocab.the!, 301])
    await rm(dir.file("tokenizer_config.json"))
    await rm(dir.file("tokenizer.json"))
    const pieces = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!)
    await writeFile(dir.file("vocab.txt"), pieces.join("\n"))
    await writeFile(dir.file("added_tokens.json"), JSON.stringify({ "[A]": 300, "<Ent>": 301 }))
    expect(await ids("[a]<ent> the")).toEqual([300, 301, vocab.the!])
    for (const decoder of [{ x: { content: "[A]" } }, { 300: null }]) {
      await config(decoder)
      await expect(loadTokenizer(dir.path)).rejects.toThrow(`added_tokens_decoder.${Object.keys(decoder)[0]}`)
    }
    await config({ 7: { content: "[A]", ...flags } })
    await expect(loadTokenizer(dir.path)).rejects.toThrow("share the id 7")
  })

  test("name special tokens as the frame does, where they are not BERT's or RoBERTa's", async () => {
    const renamed = bpe.json.replaceAll('"<s>"', '"<bos>"').replaceAll('"</s>"', '"<eos>"')
    const { prefix, special, suffix } = await Tokenizer.fromJson(renamed)
    expect(special).toMatchObject({ first: { token: "<bos>", id: 0 }, last: { token: "<eos>", id: 2 } })
    expect([...prefix, ...suffix]).toEqual([0, 2])
    await expect(Tokenizer.fromJson(renamed.replaceAll('"<pad>"', '"<p>"'))).rejects.toThrow("special tokens")
  })

  test("settings that would cut or pad a text are dropped", async () => {
    const json = {
      ...JSON.parse(bpe.json),
      truncation: { max_length: 4, strategy: "LongestFirst", stride: 0, direction: "Right" }
    }
    const tokenizer = await Tokenizer.fromJson(JSON.stringify(json))
    expect((await tokenizer.encode(texts[0]!)).ids.length).toBeGreaterThan(10)
  })

  test("that are not there, or wrong, say so", async () => {
    using dir = tempDir()
    await expect(loadTokenizer(dir.path)).rejects.toThrow("holds no tokenizer")
    expect(Tokenizer.fromJson("{", "t.json")).rejects.toThrow(/^t\.json:.* not JSON/)
    const json = JSON.parse(bpe.json)
    json.model.vocab.the = 7
    await expect(Tokenizer.fromJson(JSON.stringify(json))).rejects.toThrow("share the id 7")
    await writeFile(dir.file("vocab.json"), "{}")
    await writeFile(dir.file("merges.txt"), "#version: 0.2\na b c\n")
    await expect(loadTokenizer(dir.path)).rejects.toThrow("merges.txt:2")
  })
})

withData("RoBERTa's own files: known ids, and every offset slices its token", async (data) => {
  const roberta = await loadTokenizer(join(data, "tokenizer/roberta"))
  expect(roberta.vocabSize).toBe(50_265)
  // From the fairseq and transformers documentation: "Hello world!" and "Hello Ġworld".
  expect([...(await roberta.encode("Hello world!")).ids]).toEqual([0, 31414, 232, 328, 2])
  expect([...(await roberta.encodeWords(["Hello", "world", "!"])).ids]).toEqual([0, 31414, 232, 27785, 2])
})
