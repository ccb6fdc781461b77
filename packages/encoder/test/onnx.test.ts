import { describe, expect, test } from "bun:test"
import { readdir } from "node:fs/promises"
import { AutoModel, AutoModelForTokenClassification, AutoTokenizer, env } from "@huggingface/transformers"
import { gelu, tf } from "@nuner/engine"
import { close, leakCheck, tempDir } from "@nuner/testing"
import { quantiseColumns } from "../src/export/onnx/int8Weights.ts"
import { quantiseRows } from "../src/files/int8Rows.ts"
import { exportOnnx, forward, saveEncoder, type TokenClassifier, tokenBatch } from "../src/index.ts"
import { texts } from "./texts.ts"
import { tiny } from "./tiny.ts"

env.allowRemoteModels = false
env.useFSCache = false

const labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
const short = texts.map((text) => text.split(" ").slice(0, 4).join(" "))

const classifier = (architecture: "roberta" | "bert") => {
  const encoder = tiny(architecture)
  const kernel = tf.randomNormal([16, labels.length], 0, 1, "float32", 5)
  const bias = tf.randomNormal([labels.length], 0, 1, "float32", 6)
  return {
    encoder,
    kernel,
    bias,
    labels,
    dispose: () => tf.dispose([...Object.values(encoder.parameters), kernel, bias])
  }
}

/** Our logits of one text, `[tokens, labels]`. */
const logits = ({ encoder, kernel, bias }: TokenClassifier, ids: Int32Array): Float32Array =>
  tf.tidy(() => {
    const [state] = forward(encoder, tokenBatch([ids], encoder.config.padId))
    const rows = tf.reshape(state!, [ids.length, encoder.config.hidden]) as tf.Tensor2D
    return Float32Array.from(tf.add(tf.matMul(rows, kernel as tf.Tensor2D), bias).dataSync())
  })

interface Output {
  data: Float32Array
  dims: Array<number>
}

describe("transformers.js", () => {
  for (const architecture of ["roberta", "bert"] as const) {
    test(`gives our logits from the export of a ${architecture}, in padded batches`, () =>
      leakCheck(async () => {
        using dir = tempDir()
        const model = classifier(architecture)
        await exportOnnx(dir.path, model, { types: ["fp32", "fp16", "int8"] })
        expect((await readdir(dir.file("onnx"))).sort()).toEqual([
          "model.onnx",
          "model_fp16.onnx",
          "model_quantized.onnx"
        ])
        const tokenizer = await AutoTokenizer.from_pretrained(dir.path)
        // The logits have a deviation of about 4; 8 bits are judged by their mean distance.
        const tolerance = { fp32: 1e-4, fp16: 0.05, q8: Number.POSITIVE_INFINITY }
        for (const [dtype, within] of Object.entries(tolerance)) {
          const distances: Array<number> = []
          const network = await AutoModelForTokenClassification.from_pretrained(dir.path, { dtype: dtype as "fp32" })
          const inputs = tokenizer([...short], { padding: true })
          const output = (await network(inputs)).logits as Output
          const [rows, tokens, width] = output.dims as [number, number, number]
          expect([rows, width]).toEqual([short.length, labels.length])
          for (const [row, text] of short.entries()) {
            const { ids } = await model.encoder.tokenizer.encode(text)
            const theirs = output.data.slice(row * tokens * width, (row * tokens + ids.length) * width)
            const ours = logits(model, ids)
            close(theirs, ours, within)
            distances.push(...ours.map((logit, i) => Math.abs(logit - theirs[i]!)))
          }
          expect(distances.reduce((sum, d) => sum + d, 0) / distances.length).toBeLessThan(0.15)
          await network.dispose()
        }
        model.dispose()
      }))

    test(`gives our hidden states from the export of a bare ${architecture}`, () =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = tiny(architecture)
        await saveEncoder(dir.path, encoder)
        await exportOnnx(dir.path, encoder)
        const tokenizer = await AutoTokenizer.from_pretrained(dir.path)
        const network = await AutoModel.from_pretrained(dir.path, { dtype: "fp32" })
        for (const text of short) {
          const output = (await network(tokenizer(text))).last_hidden_state as Output
          const { ids } = await encoder.tokenizer.encode(text)
          const [state] = forward(encoder, tokenBatch([ids], encoder.config.padId))
          close(output.data, state!.dataSync(), 1e-5)
          state!.dispose()
        }
        await network.dispose()
        encoder.dispose()
      }))
  }
})

test("a head that reads two hidden states, with a hidden layer before the labels, gives our logits in transformers.js", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const encoder = tiny("bert")
    const normal = (shape: [number, number], seed: number) => tf.randomNormal(shape, 0, 0.5, "float32", seed)
    const dense = { kernel: normal([32, 24], 1), bias: tf.randomNormal([24], 0, 1, "float32", 2) }
    const deep = { kernel: normal([24, 5], 3), bias: tf.randomNormal([5], 0, 1, "float32", 4) }
    const model = { encoder, ...deep, dense, labels, layers: [-1, 1] }
    await exportOnnx(dir.path, model)
    const tokenizer = await AutoTokenizer.from_pretrained(dir.path)
    const network = await AutoModelForTokenClassification.from_pretrained(dir.path, { dtype: "fp32" })
    expect(Object.values((network.config as unknown as { id2label: Record<string, string> }).id2label)).toEqual(labels)
    for (const text of short) {
      const theirs = (await network(tokenizer(text))).logits as Output
      const { ids } = await encoder.tokenizer.encode(text)
      const ours = tf.tidy(() => {
        const states = forward(encoder, tokenBatch([ids], encoder.config.padId), { layers: model.layers })
        const x = tf.reshape(tf.concat(states, -1), [ids.length, 32]) as tf.Tensor2D
        const hidden = gelu(tf.add(tf.matMul(x, dense.kernel as tf.Tensor2D), dense.bias))
        return Float32Array.from(
          tf.add(tf.matMul(hidden as tf.Tensor2D, deep.kernel as tf.Tensor2D), deep.bias).dataSync()
        )
      })
      close(theirs.data, ours, 1e-4)
    }
    await network.dispose()
    const refused = exportOnnx(dir.path, { ...model, layers: [-1, 7] })
    await expect(refused).rejects.toThrow('"layers": 7: a list of hidden states')
    await expect(exportOnnx(dir.path, { ...model, layers: [-1] })).rejects.toThrow('"dense": is [32,24]')
    tf.dispose([dense, deep])
    encoder.dispose()
  }))

test("quantisation keeps every number within half a step of its scale", () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i) * (i + 1))
  const byRow = quantiseRows(values, 3, 4, 127)
  close(
    Array.from(byRow.integers, (q, i) => q * byRow.scales[Math.floor(i / 4)]!),
    values,
    Math.max(...byRow.scales) / 2 + 1e-6
  )
  const byColumn = quantiseColumns(values, 3, 4, 63)
  close(
    Array.from(byColumn.integers, (q, i) => q * byColumn.scales[i % 4]!),
    values,
    Math.max(...byColumn.scales) / 2 + 1e-6
  )
  expect(Math.max(...byColumn.integers.map(Math.abs))).toBe(63)
  expect([...quantiseRows(new Float32Array(4), 2, 2, 127).integers]).toEqual([0, 0, 0, 0])
})

test("a type that is not there, or a head that does not fit, is refused", async () => {
  using dir = tempDir()
  const model = classifier("roberta")
  await expect(exportOnnx(dir.path, model, { types: ["int4" as "int8"] })).rejects.toThrow("fp32, fp16, int8")
  await expect(exportOnnx(dir.path, { ...model, labels: ["O"] })).rejects.toThrow("kernel")
  expect(await readdir(dir.path)).toEqual([])
  model.dispose()
})
