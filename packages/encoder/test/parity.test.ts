import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { readSafetensors } from "@nuner/engine"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { encode, forward, loadEncoder } from "../src/index.ts"

/** Written by reference/make.py with Python transformers. */
const fixture = (name: string) => join(import.meta.dir, "fixtures", name)

await testEngine()

const names = ["roberta", "roberta-f16", "roberta-bf16", "roberta-mlm-sharded", "bert-token-classification"]

describe("equal to Python transformers:", () => {
  for (const name of names) {
    test(`${name}: hidden states of every layer, in a padded batch`, () =>
      leakCheck(async () => {
        const encoder = await loadEncoder(fixture(name))
        const file = await readSafetensors(join(fixture(name), "expected.safetensors"))
        const [rows, tokens] = file.entries.get("ids")!.shape as [number, number]
        const ids = (await file.read("ids")) as Int32Array
        const mask = (await file.read("mask")) as Int32Array
        expect(mask).toContain(0)
        const layers = [0, 1, 2, 3]
        const states = forward(encoder, { ids, mask, rows, tokens }, { layers })
        const got = layers.flatMap((layer) => [...states[layer]!.dataSync()])
        close(got, (await file.read("hidden_states")) as Float32Array, 1e-5)
        for (const state of states) state.dispose()
        await file.close()
        encoder.dispose()
      }))

    test(`${name}: ids and offsets`, async () => {
      const { tokenizer, dispose } = await loadEncoder(fixture(name))
      dispose()
      const lines = (await Bun.file(join(fixture(name), "expected.json")).json()) as Array<{
        text: string
        ids: Array<number>
        offsets: Array<[number, number]>
      }>
      for (const { text, ids, offsets } of lines) {
        const encoding = await tokenizer.encode(text)
        expect([...encoding.ids]).toEqual(ids)
        const characters = [...text]
        const theirs = offsets.map(([start, end]) => characters.slice(start, end).join("").trim())
        expect(encoding.offsets.map(({ start, end }) => text.slice(start, end))).toEqual(theirs)
      }
    })
  }
})

for (const pooling of ["none", "first", "mean"] as const) {
  test(`equal to Python transformers: a text in windows, pooling "${pooling}"`, () =>
    leakCheck(async () => {
      const encoder = await loadEncoder(fixture("roberta"))
      const file = await readSafetensors(join(fixture("roberta"), "expected-long.safetensors"))
      const { text, windows } = file.metadata
      for await (const result of encode(encoder, [text!], { layers: [-1, -3], overlap: 11, pooling })) {
        expect(result.windows).toBe(Number(windows))
        close(result.values, (await file.read(pooling)) as Float32Array, 1e-5)
      }
      await file.close()
      encoder.dispose()
    }))
}

test("tensors that an encoder has no use for are named", async () => {
  const mlm = await loadEncoder(fixture("roberta-mlm-sharded"))
  expect(mlm.unused).toContain("lm_head.dense.weight")
  mlm.dispose()
  const bert = await loadEncoder(fixture("bert-token-classification"))
  expect([...bert.unused].sort()).toEqual(["classifier.bias", "classifier.weight"])
  bert.dispose()
})
