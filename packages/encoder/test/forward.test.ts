import { describe, expect, test } from "bun:test"
import { freeze, tf, variableGrads } from "@nuner/engine"
import { close, leakCheck } from "@nuner/testing"
import {
  bottomParameters,
  forward,
  freezeEncoder,
  frozenLayersOf,
  hiddenStates,
  initEncoder,
  maxTokens,
  parameterSpecs,
  small,
  tokenBatch
} from "../src/index.ts"
import { architectures, tiny } from "./tiny.ts"

const sequences = [
  [0, 40, 50, 60, 70, 2],
  [0, 41, 51, 2]
]
const batch = tokenBatch(sequences, 1)

/** A loss that every hidden number bears on differently. */
const loss = (state: tf.Tensor): tf.Scalar => tf.tidy(() => tf.mean(tf.square(tf.add(state, 0.5))) as tf.Scalar)

describe("forward", () => {
  test("gives the asked layers in the asked order and leaves nothing behind", () =>
    leakCheck(() => {
      const encoder = tiny()
      const [last, first, again, sixth] = forward(encoder, batch, { layers: [-1, 0, 3, -2] })
      expect(last!.shape).toEqual([2, 6, 16])
      expect([...again!.dataSync()]).toEqual([...last!.dataSync()])
      expect(sixth!.dataSync()).not.toEqual(first!.dataSync())
      expect(() => forward(encoder, batch, { layers: [4] })).toThrow("-4..3")
      expect(() => forward(encoder, batch, { layers: [-5] })).toThrow("layers")
      tf.dispose([last!, first!, again!, sixth!])
      encoder.dispose()
    }))

  test("refuses a batch without rows and a list without layers by name, compiled or not", async () => {
    const encoder = tiny()
    const none = tokenBatch([], 1)
    expect(() => forward(encoder, none)).toThrow("batch")
    expect(() => forward(encoder, batch, { layers: [] })).toThrow("names no layer")
    await expect(hiddenStates(encoder, none)).rejects.toThrow("[0, 0]: there is nothing to read")
    await expect(hiddenStates(encoder, batch, [])).rejects.toThrow("names no layer")
    encoder.dispose()
  })

  test("refuses more tokens than it has positions, rather than cutting them", () => {
    const encoder = tiny()
    const long = tokenBatch([new Int32Array(maxTokens(encoder.config) + 1).fill(5)], 1)
    expect(() => forward(encoder, long)).toThrow("46 that the position table holds")
    encoder.dispose()
  })

  test("with dropout depends on the key alone", () =>
    leakCheck(() => {
      const encoder = tiny()
      const run = (step: number, site = "text") => {
        const [state] = forward(encoder, batch, { dropout: { seed: 1, step, site } })
        const values = [...state!.dataSync()]
        state!.dispose()
        return values
      }
      expect(run(1)).toEqual(run(1))
      expect(run(1)).not.toEqual(run(2))
      expect(run(1)).not.toEqual(run(1, "concept"))
      encoder.dispose()
    }))
})

describe("gradients", () => {
  test("reach every parameter that bears on the loss, and equal finite differences", () =>
    leakCheck(() => {
      const encoder = tiny("roberta", 3)
      const f = () => tf.tidy(() => loss(forward(encoder, batch)[0]!))
      const { value, grads } = variableGrads(f, encoder.parameters)
      expect(Object.keys(grads).sort()).toEqual(
        parameterSpecs(encoder.config)
          .map(({ name }) => name)
          .sort()
      )
      for (const name of [
        "embeddings.position_embeddings.weight",
        "encoder.layer.1.attention.self.key.weight",
        "encoder.layer.0.output.LayerNorm.bias"
      ]) {
        const parameter = encoder.parameters[name]!
        const gradient = Float32Array.from(grads[name]!.dataSync())
        const at = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best]!) ? i : best), 0)
        const original = Float32Array.from(parameter.dataSync())
        const shifted = (by: number) => {
          const values = Float32Array.from(original)
          values[at] = values[at]! + by
          tf.tidy(() => parameter.assign(tf.tensor(values, parameter.shape)))
          const moved = f()
          const number = moved.dataSync()[0]!
          moved.dispose()
          return number
        }
        const numeric = (shifted(1e-2) - shifted(-1e-2)) / 2e-2
        shifted(0)
        close([numeric], [gradient[at]!], 2e-3 + 0.02 * Math.abs(numeric))
      }
      tf.dispose(grads)
      value.dispose()
      encoder.dispose()
    }))

  test("stop at frozen layers, and are the same above them", () =>
    leakCheck(() => {
      const encoder = tiny()
      const dropout = { seed: 1, step: 1, site: "text" }
      const run = (frozenLayers?: number) =>
        variableGrads(
          () =>
            tf.tidy(() =>
              loss(forward(encoder, batch, frozenLayers === undefined ? { dropout } : { dropout, frozenLayers })[0]!)
            ),
          encoder.parameters
        )
      const [all, some] = [run(), run(2)]
      const frozen = new Set(bottomParameters(encoder.config, 2))
      expect(frozen.size).toBe(5 + 2 * 16)
      const names = Object.keys(encoder.parameters)
      expect(Object.keys(some.grads).sort()).toEqual(names.filter((name) => !frozen.has(name)).sort())
      for (const [name, gradient] of Object.entries(some.grads))
        close(gradient.dataSync(), all.grads[name]!.dataSync(), 1e-6)
      // Variables that are not trainable have the same effect.
      freeze(encoder.parameters, (name) => frozen.has(name))
      const variables = run()
      expect(Object.keys(variables.grads).sort()).toEqual(Object.keys(some.grads).sort())
      for (const { value, grads } of [all, some, variables]) {
        value.dispose()
        tf.dispose(grads)
      }
      encoder.dispose()
    }))
})

describe("frozen layers", () => {
  test("are none, the embeddings, so many with these, or half; more than there are is refused", () => {
    const config = small({ layers: 5 })
    expect(frozenLayersOf(config, 0, "here")).toBeUndefined()
    expect(frozenLayersOf(config, "embeddings", "here")).toBe(0)
    expect(frozenLayersOf(config, "half", "here")).toBe(2)
    for (const count of [1, 3, 5]) expect(frozenLayersOf(config, count, "here")).toBe(count)
    expect(() => frozenLayersOf(config, 6, "here")).toThrow(
      'here: option "frozenLayers": the encoder has 5 layers, not 6'
    )
  })

  test("are made untrainable, and trainable again where they were before", () =>
    leakCheck(() => {
      const encoder = tiny()
      const trained = () => Object.entries(encoder.parameters).flatMap(([name, one]) => (one.trainable ? [name] : []))
      const names = trained()
      expect(freezeEncoder(encoder, undefined)).toBeFunction()
      expect(trained()).toEqual(names)
      encoder.parameters["encoder.layer.0.output.dense.bias"]!.trainable = false
      const before = trained()
      const thaw = freezeEncoder(encoder, 1)
      expect(trained()).toEqual(names.filter((name) => /^encoder\.layer\.[12]\./.test(name)))
      thaw()
      expect(trained()).toEqual(before)
      freezeEncoder(encoder, 0)
      expect(trained()).toEqual(before.filter((name) => !name.startsWith("embeddings.")))
      encoder.dispose()
    }))
})

test("checkpointed layers give the same gradients, with dropout too, and keep less for them", () =>
  leakCheck(() => {
    for (const architecture of architectures) {
      const encoder = tiny(architecture)
      const run = (checkpointLayers: boolean, frozenLayers?: number) => {
        let kept = -tf.memory().numDataBuffers
        const options = { checkpointLayers, dropout: { seed: 1, step: 1, site: "text" } }
        const { value, grads } = variableGrads(() => {
          const [state] = forward(encoder, batch, frozenLayers === undefined ? options : { ...options, frozenLayers })
          kept += tf.memory().numDataBuffers
          return loss(state!)
        }, encoder.parameters)
        const out = { loss: value.dataSync()[0]!, kept, grads }
        value.dispose()
        return out
      }
      for (const frozenLayers of [undefined, 1]) {
        const [plain, lean] = [run(false, frozenLayers), run(true, frozenLayers)]
        expect(lean.loss).toBe(plain.loss)
        expect(Object.keys(lean.grads).sort()).toEqual(Object.keys(plain.grads).sort())
        for (const [name, gradient] of Object.entries(plain.grads))
          close(lean.grads[name]!.dataSync(), gradient.dataSync(), 1e-6)
        expect(lean.kept).toBeLessThan(plain.kept / 3)
        tf.dispose([plain.grads, lean.grads])
      }
      encoder.dispose()
    }
  }))

test("initial weights depend on seed and name, have the config's deviation, and nothing for padding", () =>
  leakCheck(() => {
    const config = small({ vocabSize: 500, layers: 2 })
    const [a, b, c] = [initEncoder(config, 1), initEncoder({ ...config, layers: 1 }, 1), initEncoder(config, 2)]
    const name = "encoder.layer.0.intermediate.dense.weight"
    expect(a[name]!.shape).toEqual([256, 1024])
    expect(a[name]!.dataSync()).toEqual(b[name]!.dataSync())
    expect(a[name]!.dataSync()).not.toEqual(c[name]!.dataSync())
    const deviation = Math.sqrt(
      Float32Array.from(a[name]!.dataSync()).reduce((sum, w) => sum + w * w, 0) / a[name]!.size
    )
    close([deviation], [0.02], 2e-4)
    const words = a["embeddings.word_embeddings.weight"]!.dataSync()
    expect(words.slice(256, 512).every((w) => w === 0)).toBe(true)
    expect(words.slice(0, 256).some((w) => w !== 0)).toBe(true)
    for (const parameters of [a, b, c]) tf.dispose(parameters)
  }))
