import { beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { exportGliner, loadGliner, wordRules } from "@nuner/zeroshot"
import { InferenceSession, Tensor } from "onnxruntime-node"
import { readLogits } from "../src/gliner/readLogits.ts"
import { rowBatch } from "../src/gliner/rowBatch.ts"
import { promptRow, wordPieces } from "../src/prompt/prompt.ts"

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")
const types = ["person", "city", "award"]
const texts = ["Marie Curie was born in Warsaw.", "Oslo", "Ada saw Rome"]

describe.each(["width-1", "marker", "marker-v0", "token-level"])("%s", (name) => {
  test("ONNX Runtime gives our logits, by the inputs of GLiNER's exports", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const model = await loadGliner(join(fixtures, name))
      const { config, encoder } = model
      await exportGliner(folder.path, model, { types: ["fp32", "fp16", "int8"] })
      const { tokenizer } = encoder
      const words = texts.map((text) => wordRules.published(text).map(({ word }) => word))
      const pieces = await wordPieces(tokenizer, [config.typeToken, config.endToken, ...types, ...words.flat()])
      // The last row has one type less.
      const rows = words.map((some, i) =>
        promptRow({ ...config, tokenizer }, pieces, types.slice(0, i === 2 ? 2 : 3), some, "unknown")
      )
      const batch = rowBatch(rows, encoder.config.padId, config)
      const wanted = await readLogits(model, batch)
      const { ids, mask, tokens } = batch.tokens
      const count = texts.length
      const int64 = (values: Int32Array, dims: Array<number>) =>
        new Tensor("int64", BigInt64Array.from(values, BigInt), dims)
      const wordsMask = new Int32Array(ids.length)
      for (const [i, at] of batch.wordAt.entries()) {
        const row = Math.floor(i / batch.words)
        if (at >= 0) wordsMask[row * tokens + at] = i - row * batch.words + 1
      }
      const width = config.spanMode === "token_level" ? 1 : config.maxWidth
      const spans = count * batch.words * width
      const place = (span: number) => Math.floor(span / width) % batch.words
      const valid = Uint8Array.from({ length: spans }, (_, span) => {
        const row = Math.floor(span / (width * batch.words))
        return place(span) + (span % width) < batch.lengths[row]! ? 1 : 0
      })
      const feeds = {
        input_ids: int64(ids, [count, tokens]),
        attention_mask: int64(mask, [count, tokens]),
        token_type_ids: int64(new Int32Array(ids.length), [count, tokens]),
        words_mask: int64(wordsMask, [count, tokens]),
        text_lengths: int64(batch.lengths, [count, 1]),
        span_idx: int64(
          Int32Array.from({ length: spans * 2 }, (_, i) => place(i >> 1) + (i % 2) * ((i >> 1) % width)),
          [count, spans / count, 2]
        ),
        span_mask: new Tensor("bool", valid, [count, spans / count])
      }
      const distance = { "model.onnx": 1e-4, "model_fp16.onnx": 0.05, "model_quantized.onnx": 1.5 }
      for (const [file, within] of Object.entries(distance)) {
        const session = await InferenceSession.create(folder.file(join("onnx", file)), { logSeverityLevel: 4 })
        const given = Object.fromEntries(session.inputNames.map((input) => [input, feeds[input as keyof typeof feeds]]))
        const { logits } = await session.run(given)
        const found = logits!.data as Float32Array
        expect(found.length).toBe(wanted.length)
        expect(logits!.dims.at(-1)).toBe(config.spanMode === "token_level" ? 3 : types.length)
        const inner = wanted.length / (count * batch.words)
        let worst = 0
        for (const [cell, value] of wanted.entries()) {
          const place = Math.floor(cell / inner)
          const row = Math.floor(place / batch.words)
          const k = config.spanMode === "token_level" ? 0 : Math.floor((cell % inner) / types.length)
          const type = config.spanMode === "token_level" ? Math.floor((cell % inner) / 3) : cell % types.length
          // Padding means nothing: words, spans past the end, the last row's third type.
          if ((place % batch.words) + k >= batch.lengths[row]! || type >= batch.counts[row]!) continue
          worst = Math.max(worst, Math.abs(value - found[cell]!))
        }
        expect(worst).toBeLessThan(within)
        await session.release()
      }
      model.dispose()
    }))
})

test("Python reads the tokenizer of a DeBERTa as it is saved: transformers' own class would normalise otherwise", () =>
  leakCheck(async () => {
    using folder = tempDir()
    const model = await loadGliner(join(fixtures, "marker-v0"))
    await model.save(folder.path)
    model.dispose()
    const { tokenizer_class } = await Bun.file(folder.file("tokenizer_config.json")).json()
    expect(tokenizer_class).toBe("PreTrainedTokenizerFast")
  }))
