import { expect, test } from "bun:test"
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { loadTokenizer } from "@nuner/encoder"
import { tempDir } from "@nuner/testing"
import reference from "./fixtures/sentencepiece/words.json" with { type: "json" }

// A model that SentencePiece trained, with a normalisation of its own, and its ids of words (reference/sentencepiece_words.py).
const model = join(import.meta.dir, "fixtures/sentencepiece/spm.model")
const [words, ids] = reference as [Array<string>, Array<Array<number>>]

test("spm.model gives SentencePiece's ids, word by word; special tokens in the text are special, as in Python's transformers", async () => {
  using folder = tempDir()
  await cp(model, folder.file("spm.model"))
  const tokenizer = await loadTokenizer(folder.path)
  const encodings = await tokenizer.encodeBatch(words)
  let compared = 0
  for (const [i, word] of words.entries()) {
    if (/\[(CLS|SEP|MASK)\]/.test(word)) continue
    expect([...encodings[i]!.ids], word).toEqual([1, ...ids[i]!, 2])
    compared++
  }
  expect(compared).toBeGreaterThan(200)
  expect(tokenizer.special.mask).toEqual({ token: "[MASK]", id: 320 })
  expect([...(await tokenizer.encode("[SEP]")).ids]).toEqual([1, 2, 2])
})

test("a damaged one is refused", async () => {
  using folder = tempDir()
  const bytes = await readFile(model)
  const refused = async (content: Uint8Array) => {
    await writeFile(folder.file("spm.model"), content)
    await expect(loadTokenizer(folder.path)).rejects.toThrow(/spm\.model.*(damaged|holds no pieces|has no piece)/)
  }
  await refused(bytes.subarray(0, 1000))
  await refused(new Uint8Array(0))
  await refused(bytes.subarray(0, 8))
})
