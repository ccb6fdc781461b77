import { describe, expect, test } from "bun:test"
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { AutoModel, env, Tensor } from "@huggingface/transformers"
import { readSafetensors, tf, variableGrads } from "@nuner/engine"
import { close, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { backbones } from "../src/backbones/backbones.ts"
import { distanceBuckets } from "../src/backbones/debertaV2.ts"
import { buckets } from "../src/backbones/mpnet.ts"
import {
  debertaV3Base,
  encode,
  exportOnnx,
  forward,
  languageHeadSpecs,
  loadEncoder,
  maxTokens,
  parameterSpecs,
  saveEncoder,
  type TokenBatch
} from "../src/index.ts"
import { texts } from "./texts.ts"
import { architectures, tiny } from "./tiny.ts"

/** Written by reference/backbones.py with Python transformers. */
const fixture = (name: string) => join(import.meta.dir, "fixtures/backbones", name)

env.allowRemoteModels = false
env.useFSCache = false
await testEngine()

const openExpected = async (path: string) => {
  const file = await readSafetensors(path)
  const [rows, tokens] = file.entries.get("ids")!.shape as [number, number]
  const numbers = async (name: string) => (await file.read(name)) as Float32Array
  const ids = (await file.read("ids")) as Int32Array
  const mask = (await file.read("mask")) as Int32Array
  const batch: TokenBatch = { ids, mask, rows, tokens }
  return { file, numbers, batch }
}

/** The numbers of tokens that are not padding. */
const kept = (values: ArrayLike<number>, { mask }: TokenBatch): Array<number> =>
  Array.from(values).filter((_, i) => mask[Math.floor((i * mask.length) / values.length)] === 1)

/** A hundredth of the sum of `(state + 0.5)^2` without padding: gradients are of the size of 1. */
const loss = (state: tf.Tensor3D, { mask, rows, tokens }: TokenBatch): tf.Scalar =>
  tf.tidy(() => {
    const weight = tf.tensor3d(Float32Array.from(mask), [rows, tokens, 1])
    return tf.div(tf.sum(tf.mul(tf.square(tf.add(state, 0.5)), weight)), 100) as tf.Scalar
  })

for (const name of ["mpnet", "electra", "distilbert", "xlm-roberta", "modernbert", "deberta-v2"] as const) {
  describe(`${name}, as Python transformers has it:`, () => {
    test("hidden states of every layer and all gradients, in a padded batch", () =>
      leakCheck(async () => {
        const encoder = await loadEncoder(fixture(name))
        const { batch, file, numbers } = await openExpected(join(fixture(name), "expected.safetensors"))
        expect(batch.mask).toContain(0)
        const layers = Array.from({ length: encoder.config.layers + 1 }, (_, layer) => layer)
        const states = forward(encoder, batch, { layers })
        const theirStates = await numbers("hidden_states")
        const size = theirStates.length / layers.length
        for (const [layer, state] of states.entries()) {
          close(
            kept(state.dataSync(), batch),
            kept(theirStates.subarray(layer * size, (layer + 1) * size), batch),
            1e-5
          )
        }
        const { value, grads } = variableGrads(() => loss(forward(encoder, batch)[0]!, batch), encoder.parameters)
        const theirs = [...file.entries.keys()].filter((key) => key.startsWith("gradient."))
        expect(
          Object.keys(grads)
            .map((key) => `gradient.${key}`)
            .sort()
        ).toEqual(theirs.sort())
        for (const { name: key, transposed } of parameterSpecs(encoder.config)) {
          const gradient = tf.tidy(() => (transposed ? tf.transpose(grads[key]!) : grads[key]!).dataSync())
          close(gradient, await numbers(`gradient.${key}`), 1e-5)
        }
        tf.dispose([...states, value, grads])
        await file.close()
        encoder.dispose()
      }))

    test("the tokenizer gives its ids, and the language-model head has the names that it has", async () => {
      const encoder = await loadEncoder(fixture(name))
      const { batch, file } = await openExpected(join(fixture(name), "expected.safetensors"))
      const { ids, special } = await encoder.tokenizer.encode(file.metadata.text!)
      expect([...ids]).toEqual([...batch.ids.slice(0, batch.tokens)])
      expect([special[0], special.at(-1), special[1]]).toEqual([1, 1, 0])
      const head = languageHeadSpecs(encoder.config).map(({ file }) => file)
      expect([...encoder.unused].sort()).toEqual(head.sort())
      await file.close()
      encoder.dispose()
    })

    test("weights of half precision in several files are those that it reads there", async () => {
      using dir = tempDir()
      for (const folder of [fixture(name), join(fixture(name), "stored")])
        for (const file of readdirSync(folder).filter((file) => file.includes(".") && !file.startsWith("expected")))
          cpSync(join(folder, file), dir.file(file))
      rmSync(dir.file("model.safetensors"))
      const encoder = await loadEncoder(dir.path)
      const { batch, file } = await openExpected(join(fixture(name), "expected.safetensors"))
      const [state] = forward(encoder, batch)
      const stored = await readSafetensors(join(fixture(name), "stored/expected.safetensors"))
      const theirs = (await stored.read("state")) as Float32Array
      close(kept(state!.dataSync(), batch), kept(theirs, batch), 1e-5)
      // Not those of 32 bits.
      const whole = await loadEncoder(fixture(name))
      const [first] = Object.keys(whole.parameters)
      expect(whole.parameters[first!]!.dataSync()).not.toEqual(encoder.parameters[first!]!.dataSync())
      state!.dispose()
      for (const one of [file, stored]) await one.close()
      for (const one of [encoder, whole]) one.dispose()
    })

    test("what is saved loads again; an exported graph gives our numbers in transformers.js, 8 bits nearly so", async () => {
      using dir = tempDir()
      const encoder = await loadEncoder(fixture(name))
      const { batch, file } = await openExpected(join(fixture(name), "expected.safetensors"))
      await saveEncoder(dir.path, encoder)
      const again = await loadEncoder(dir.path)
      expect(again.config).toEqual(encoder.config)
      const read = async (directory: string) => (await Bun.file(join(directory, "config.json")).json()) as object
      const [mine, theirs] = [await read(dir.path), new Map(Object.entries(await read(fixture(name))))]
      const differ = Object.entries(mine).filter(
        ([field, value]) => theirs.has(field) && !Bun.deepEquals(theirs.get(field), value)
      )
      expect(differ.map(([field]) => field)).toEqual(["architectures"])
      expect(again.tokenizer.special).toEqual(encoder.tokenizer.special)
      const [state] = forward(again, batch)
      await exportOnnx(dir.path, encoder, { types: ["fp32", "int8"] })
      const long = (values: Int32Array) => BigInt64Array.from(values, BigInt)
      const shape = [batch.rows, batch.tokens]
      for (const [dtype, tolerance] of [
        ["fp32", 1e-4],
        ["q8", 0.2]
      ] as const) {
        const network = await AutoModel.from_pretrained(dir.path, { dtype })
        const output = await network({
          input_ids: new Tensor("int64", long(batch.ids), shape),
          attention_mask: new Tensor("int64", long(batch.mask), shape),
          token_type_ids: new Tensor("int64", long(new Int32Array(batch.ids.length)), shape)
        })
        const theirs = kept(output.last_hidden_state.data, batch)
        const ours = kept(state!.dataSync(), batch)
        const distance = theirs.reduce((sum, number, i) => sum + Math.abs(number - ours[i]!), 0) / theirs.length
        expect(distance).toBeLessThan(tolerance)
        if (dtype === "fp32") close(theirs, ours, 1e-4)
        await network.dispose()
      }
      state!.dispose()
      await file.close()
      encoder.dispose()
      again.dispose()
    })
  })
}

const models = process.env.NUNER_MODELS
for (const name of ["minilm", "mpnet"]) {
  const absent = models === undefined || !existsSync(join(models, name))
  test.skipIf(absent)(
    `${name} with its real weights${absent ? " (skipped: NUNER_MODELS has it not)" : ""}`,
    async () => {
      const encoder = await loadEncoder(join(models!, name))
      const { batch, file, numbers } = await openExpected(fixture(`real-${name}.safetensors`))
      const [state] = forward(encoder, batch)
      const ours = state!.dataSync().filter((_, i) => i % 16 === 0)
      close(ours, await numbers("state"), 1e-5)
      state!.dispose()
      await file.close()
      encoder.dispose()
    }
  )
}

for (const architecture of architectures) {
  test(`${architecture} reads a text beyond its limit in windows of that limit, and nothing is lost`, async () => {
    const encoder = tiny(architecture)
    const text = texts.join(" ")
    const { ids, offsets } = await encoder.tokenizer.encode(text)
    const own = maxTokens(encoder.config) - 2
    const [encoded] = await Array.fromAsync(encode(encoder, [text], { overlap: 4 }))
    expect(encoded!.ids).toEqual(ids)
    expect(encoded!.offsets).toEqual(offsets)
    expect(encoded!.windows).toBe(Math.ceil((ids.length - 2 - 4) / (own - 4)))
    expect(encoded!.windows).toBeGreaterThan(1)
    encoder.dispose()
  })
}

test("docs/adding-a-backbone.md names what is there, and ELECTRA is BERT and what it says", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../../docs/adding-a-backbone.md")).text()
  const [electra, bert] = [new Map(Object.entries(backbones.electra)), new Map(Object.entries(backbones.bert))]
  const own = [...electra.keys()].filter((key) => electra.get(key) !== bert.get(key))
  const steps = page.slice(page.indexOf("**Write the file**"), page.indexOf("**Register it**"))
  const said = [...steps.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
  expect(own.filter((key) => !said.includes(key))).toEqual([])
  for (const key of [
    "className",
    "prefix",
    "fields",
    "fixed",
    "base",
    "languageHead",
    "deepLabels",
    "wordTable",
    "embed",
    "layer",
    "shared"
  ])
    expect({ key, known: Object.values(backbones).some((one) => key in one) }).toEqual({ key, known: true })
  // Every backbone but the first two has a fixture of Python's, made by the function that the page asks for.
  const makers = await Bun.file(join(import.meta.dir, "reference/backbones.py")).text()
  for (const architecture of architectures) {
    if (architecture === "bert" || architecture === "roberta") continue
    expect(makers).toContain(`def ${architecture.replace("-", "_")}():`)
    expect(existsSync(fixture(architecture))).toBe(true)
  }
})

test("DeBERTa's buckets are those of Python's make_log_bucket_position", () => {
  const { bucketOf, count, reach } = distanceBuckets(debertaV3Base)
  expect([count, reach]).toEqual([512, 511])
  const golden = { 0: 0, 5: 5, 128: 128, 129: 129, 200: 169, 256: 192, 384: 229, 511: 255, 600: 270 }
  for (const [distance, bucket] of Object.entries(golden)) {
    expect(bucketOf(-Number(distance))).toBe(Math.min(511, 256 + bucket))
    expect(bucketOf(Number(distance))).toBe(Math.max(0, 256 - bucket))
  }
})

test("MPNet's buckets are those of Python's relative_position_bucket", () => {
  const golden = { 0: 0, 1: 17, [-1]: 1, 7: 23, 8: 24, 11: 24, 12: 25, 15: 25, 16: 26, 22: 26, 23: 27, 31: 27, 32: 28 }
  for (const [distance, bucket] of Object.entries(golden)) expect(buckets.bucketOf(Number(distance))).toBe(bucket)
  const far = { 45: 28, 46: 29, 63: 29, 64: 30, 90: 30, 91: 31, 127: 31, 128: 31, [-128]: 15 }
  for (const [distance, bucket] of Object.entries(far)) expect(buckets.bucketOf(Number(distance))).toBe(bucket)
})
