import { describe, expect, test } from "bun:test"
import { tf, variableGrads } from "@nuner/engine"
import { close, leakCheck } from "@nuner/testing"
import { backbones } from "../src/backbones/backbones.ts"
import {
  addLora,
  copyEncoder,
  forward,
  freezeEncoder,
  initEncoder,
  loraSettings,
  mergeLora,
  small,
  tokenBatch
} from "../src/index.ts"
import { tiny } from "./tiny.ts"

const batch = tokenBatch(
  [
    [0, 40, 50, 60, 70, 2],
    [0, 41, 51, 2]
  ],
  1
)
const lora = loraSettings("test", { loraRank: 2, loraAlpha: 6 })!
const key = { seed: 1, step: 1, site: "text" }

const state = (model: Parameters<typeof forward>[0], options = {}) => {
  const [last] = forward(model, batch, options)
  const values = Float32Array.from(last!.dataSync())
  last!.dispose()
  return values
}

/** Numbers in the place of B's zeros. */
const train = ({ parameters }: { readonly parameters: Record<string, tf.Variable> }) => {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (name.endsWith("lora_B.weight"))
      tf.tidy(() => parameter.assign(tf.randomNormal(parameter.shape, 0, 0.5, "float32", 3)))
  }
}

const adapters = (model: { readonly parameters: object }) =>
  Object.keys(model.parameters).filter((name) => name.includes("lora_A"))

describe("adapters", () => {
  test("change nothing at first; then the output is that of W + alpha / rank A B", () =>
    leakCheck(() => {
      const encoder = tiny()
      const before = state(encoder)
      const model = addLora(encoder, lora)
      expect(adapters(model)).toHaveLength(6)
      close(state(model), before, 0)
      train(model)
      const changed = state(model)
      expect(changed).not.toEqual(before)
      // The second way: the products put into the weights by hand.
      const twin = tiny()
      for (const name of Object.keys(twin.parameters)) {
        const layer = name.replace(/\.weight$/, "")
        const [a, b] = [model.parameters[`${layer}.lora_A.weight`], model.parameters[`${layer}.lora_B.weight`]]
        if (!a || !b || !/(query|value)\.weight$/.test(name)) continue
        const [rows, columns] = twin.parameters[name]!.shape as [number, number]
        const [as, bs, ws] = [a, b, twin.parameters[name]!].map((one) => [...one.dataSync()])
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            ws![i * columns + j]! += 3 * (as![2 * i]! * bs![j]! + as![2 * i + 1]! * bs![columns + j]!)
          }
        }
        tf.tidy(() => twin.parameters[name]!.assign(tf.tensor(ws!, [rows, columns])))
      }
      close(state(twin), changed, 1e-5)
      // Merged, in place and in a copy.
      const copy = copyEncoder(model)
      mergeLora(model)
      expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(twin.parameters).sort())
      for (const one of [copy, model, encoder]) close(state(one), changed, 1e-5)
      for (const one of [encoder, twin, copy]) one.dispose()
    }))

  test("are all that is trained, with the gradients that they have beside trained weights", () =>
    leakCheck(() => {
      const encoder = tiny()
      const model = addLora(encoder, { ...lora, targets: ["*"] })
      train(model)
      const loss = () => tf.tidy(() => tf.mean(tf.square(forward(model, batch, { dropout: key })[0]!)) as tf.Scalar)
      const all = variableGrads(loss, model.parameters)
      const thaw = freezeEncoder(model, undefined)
      const some = variableGrads(loss, model.parameters)
      expect(Object.keys(some.grads).sort()).toEqual(
        Object.keys(model.parameters)
          .filter((name) => name.includes("lora"))
          .sort()
      )
      for (const [name, gradient] of Object.entries(some.grads))
        close(gradient.dataSync(), all.grads[name]!.dataSync(), 1e-6)
      thaw()
      expect(Object.values(model.parameters).every(({ trainable }) => trainable)).toBe(true)
      for (const { grads, value } of [all, some]) tf.dispose([...Object.values(grads), value])
      encoder.dispose()
    }))

  test("stand where targets say, above frozen layers", () =>
    leakCheck(() => {
      const found = (targets: ReadonlyArray<string>, frozenLayers?: number) => {
        const encoder = tiny()
        try {
          return adapters(addLora(encoder, { ...lora, targets }, { frozenLayers })).map((name) =>
            name.replace(/^encoder\.layer\.|\.lora_A\.weight$/g, "")
          )
        } finally {
          encoder.dispose()
        }
      }
      expect(found(["query"])).toEqual(["0", "1", "2"].map((layer) => `${layer}.attention.self.query`))
      expect(found(["layer.1.output.dense", "layer.2.*key"])).toEqual(["1.output.dense", "2.attention.self.key"])
      expect(found(["output.dense"], 2)).toEqual(["2.attention.output.dense", "2.output.dense"])
      expect(found(["*"])).toHaveLength(18)
      expect(() => found(["qery"])).toThrow('no linear layer is called "qery" (there are attention.self.query, ')
      expect(() => found(["ery"])).toThrow('"ery"')
      expect(() => found(["layer.0.*query"], 1)).toThrow("frozen")
    }))

  test("depend on the seed; their dropout is on in training only", () =>
    leakCheck(() => {
      const outputs = [1, 2].map((seed) => {
        const encoder = tiny()
        const model = addLora(
          { ...encoder, config: { ...encoder.config, dropout: 0, attentionDropout: 0 } },
          { ...lora, dropout: 0.5 },
          { seed }
        )
        train(model)
        const [first, again] = [state(model), state(model)]
        expect(first).toEqual(again)
        const dropped = state(model, { dropout: key })
        expect(dropped).not.toEqual(first)
        expect(state(model, { dropout: key })).toEqual(dropped)
        expect(state(model, { dropout: { ...key, step: 2 } })).not.toEqual(dropped)
        encoder.dispose()
        return first
      })
      expect(outputs[0]).not.toEqual(outputs[1])
    }))

  test("are one set: others are refused beside them, whichever object is given, and go in when they are merged", () =>
    leakCheck(() => {
      const encoder = tiny()
      const model = addLora(encoder, lora)
      train(model)
      const before = state(model)
      for (const one of [encoder, model]) expect(() => addLora(one, lora)).toThrow('"encoder": has adapters already')
      close(state(model), before, 0)
      mergeLora(model)
      close(state(addLora(encoder, lora)), before, 1e-5)
      encoder.dispose()
    }))

  test("are never left out silently", () => {
    const encoder = tiny()
    addLora(encoder, lora)
    // Without its settings the model's adapters have no scale.
    expect(() => forward(encoder, batch)).toThrow('lacks its "lora" settings')
    encoder.dispose()
    expect(loraSettings("fineTune", {})).toBeUndefined()
    expect(loraSettings("fineTune", { loraRank: 4 })).toEqual({
      rank: 4,
      alpha: 8,
      targets: ["query|q|q_lin|query_proj|Wqkv", "value|v|v_lin|value_proj|Wqkv"],
      dropout: 0
    })
    for (const option of [{ loraAlpha: 2 }, { loraTargets: ["query"] }, { loraDropout: 0.1 }]) {
      expect(() => loraSettings("fineTune", option)).toThrow(
        `"${Object.keys(option)[0]}": does nothing without loraRank`
      )
    }
  })
})

test("query and value are the default of every backbone", () => {
  for (const architecture of Object.keys(backbones) as Array<keyof typeof backbones>) {
    const config = small({ architecture, hidden: 16, layers: 2, heads: 2, feedForward: 16 })
    const encoder = { config, parameters: initEncoder(config, 1) }
    const names = adapters(addLora(encoder, lora))
    // ModernBERT has query, key and value in one.
    expect(names).toHaveLength(architecture === "modernbert" ? 2 : 4)
    for (const name of names) expect(name).toMatch(/((query|value|q|v)(_lin|_proj)?|Wqkv)\.lora_A\.weight$/)
    tf.dispose(encoder.parameters)
  }
})
