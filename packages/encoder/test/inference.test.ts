import { expect, test } from "bun:test"
import { adamW, tf, useEngine } from "@nuner/engine"
import { close, leakCheck, tempDir } from "@nuner/testing"
import {
  addLora,
  backbones,
  forward,
  hiddenStates,
  loadEncoder,
  loraSettings,
  mergeLora,
  saveEncoder,
  tokenBatch
} from "../src/index.ts"
import { texts } from "./texts.ts"
import { tiny } from "./tiny.ts"

const batchOf = async (encoder: ReturnType<typeof tiny>, tokens = Number.POSITIVE_INFINITY) => {
  const encodings = await encoder.tokenizer.encodeBatch(texts.map((text) => text.slice(0, 40)))
  return tokenBatch(
    encodings.map(({ ids }) => ids.slice(0, tokens)),
    encoder.config.padId
  )
}

/** By tensors, and only where there is a token: vectors at padding mean nothing. */
const byTensors = (
  encoder: ReturnType<typeof tiny>,
  batch: Awaited<ReturnType<typeof batchOf>>,
  layers: Array<number>
) => tf.tidy(() => (tf.concat(forward(encoder, batch, { layers }), 2) as tf.Tensor3D).dataSync() as Float32Array)

const atTokens = (values: Float32Array, { mask }: { readonly mask: Int32Array }): Array<number> => {
  const width = values.length / mask.length
  return [...values].filter((_, i) => mask[Math.floor(i / width)] === 1)
}

for (const architecture of Object.keys(backbones) as Array<keyof typeof backbones>) {
  test(`the compiled network of a ${architecture} gives the hidden states of its tensors, with padding and without`, () =>
    leakCheck(async () => {
      const encoder = tiny(architecture)
      const layers = [-1, 0, 1, -1]
      const [padded, whole] = [await batchOf(encoder), await batchOf(encoder, 3)]
      expect([padded.mask.includes(0), whole.mask.includes(0)]).toEqual([true, false])
      for (const batch of [padded, whole]) {
        const states = await encoder.inference!.states(batch, layers)
        expect(states).toHaveLength(4)
        const together = await hiddenStates(encoder, batch, layers)
        close(atTokens(together, batch), atTokens(byTensors(encoder, batch, layers), batch), 1e-4)
      }
      encoder.dispose()
    }))
}

test("what changes the weights changes what is read: an assignment, adapters, an optimizer", () =>
  leakCheck(async () => {
    const encoder = tiny()
    const batch = await batchOf(encoder)
    const agrees = async (model: typeof encoder) =>
      close(atTokens(await hiddenStates(model, batch), batch), atTokens(byTensors(model, batch, [-1]), batch), 1e-4)
    const before = await hiddenStates(encoder, batch)
    const weight = encoder.parameters["encoder.layer.2.output.dense.weight"]!
    tf.tidy(() => weight.assign(tf.mul(weight, 2)))
    expect(await hiddenStates(encoder, batch)).not.toEqual(before)
    await agrees(encoder)
    const adapted = addLora(encoder, loraSettings("test", { loraRank: 2 })!)
    for (const [name, b] of Object.entries(adapted.parameters)) {
      if (name.endsWith("lora_B.weight")) tf.tidy(() => b.assign(tf.ones(b.shape)))
    }
    expect(await encoder.inference!.states(batch, [-1])).toBeUndefined()
    await agrees(adapted)
    mergeLora(adapted)
    expect(await encoder.inference!.states(batch, [-1])).toBeDefined()
    await agrees(encoder)
    const optimizer = adamW()
    const state = optimizer.init(encoder.parameters)
    const gradients = Object.fromEntries(
      Object.entries(encoder.parameters).map(([name, { shape }]) => [name, tf.ones(shape)])
    )
    optimizer.update(encoder.parameters, gradients, state, 0.1)
    expect(await encoder.inference!.states(batch, [-1])).toBeUndefined()
    await agrees(encoder)
    tf.dispose([Object.values(gradients), Object.values(state.tensors)])
    encoder.dispose()
  }))

test("a loaded encoder makes tensors of its weights only when its parameters are asked for, and reads the same after", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const original = tiny()
    await saveEncoder(dir.path, original)
    const batch = await batchOf(original)
    const expected = await hiddenStates(original, batch)
    original.dispose()
    const tensors = tf.memory().numTensors
    const loaded = await loadEncoder(dir.path)
    close(await hiddenStates(loaded, batch), expected, 1e-5)
    expect(tf.memory().numTensors).toBe(tensors)
    close(atTokens(byTensors(loaded, batch, [-1]), batch), atTokens(expected, batch), 1e-4)
    expect(tf.memory().numTensors).toBeGreaterThan(tensors)
    expect(await hiddenStates(loaded, batch)).toEqual(await hiddenStates(loaded, batch))
    loaded.dispose()
  }))

test("on an engine without compiled networks tensors are read", () =>
  leakCheck(async () => {
    const encoder = tiny()
    const batch = await batchOf(encoder)
    const compiled = atTokens(await hiddenStates(encoder, batch), batch)
    await useEngine({ prefer: "cpu" })
    try {
      expect(await encoder.inference!.states(batch, [-1])).toBeUndefined()
      close(atTokens(await hiddenStates(encoder, batch), batch), compiled, 1e-4)
    } finally {
      await useEngine({ prefer: "onnx" })
      encoder.dispose()
    }
  }))
