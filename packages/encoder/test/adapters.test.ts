import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { readSafetensors, tf, writeSafetensors } from "@nuner/engine"
import { close, leakCheck, tempDir, testEngine } from "@nuner/testing"
import {
  type Encoder,
  forward,
  loadAdapter,
  loadEncoder,
  saveAdapter,
  saveEncoder,
  type TokenClassifier
} from "../src/index.ts"
import { adapted, type Case, cases, loadBase } from "./reference/adapters.ts"

await testEngine()

/** What Python's PEFT gave for our adapters and for its own: see reference/adapters.py. */
const fixtures = join(import.meta.dir, "fixtures/adapters")
const expected = await readSafetensors(join(fixtures, "expected.safetensors"))
const numbers = async (name: string) => (await expected.read(name)) as Float32Array

/** Logits where there is a head, else the last hidden state, of the ids that Python read. */
const outputs = async (encoder: Encoder, head?: Pick<TokenClassifier, "kernel" | "bias">): Promise<Float32Array> => {
  const ids = (await expected.read("ids")) as Int32Array
  return tf.tidy(() => {
    const mask = new Int32Array(ids.length).fill(1)
    const [state] = forward(encoder, { ids, mask, rows: 1, tokens: ids.length })
    const flat = tf.reshape(state!, [ids.length, encoder.config.hidden]) as tf.Tensor2D
    const values = head ? tf.add(tf.matMul(flat, head.kernel as tf.Tensor2D), head.bias) : flat
    return Float32Array.from(values.dataSync())
  })
}

const dispose = ({ encoder, head }: { encoder: Encoder; head?: TokenClassifier | undefined }) => {
  encoder.dispose()
  if (head) tf.dispose([head.kernel, head.bias])
}

for (const name of Object.keys(cases) as Array<Case>) {
  test(`${name}: PEFT loads the adapters that we write, and computes our numbers with them`, () =>
    leakCheck(async () => {
      using dir = tempDir()
      const { encoder, head } = await adapted(name)
      close(await outputs(encoder, head), await numbers(`${name} ours`), 1e-5)
      await saveAdapter(dir.path, head ?? encoder, { base: cases[name].base })
      for (const file of ["adapter_model.safetensors", "adapter_config.json"]) {
        const hash = createHash("sha256").update(await readFile(dir.file(file)))
        expect(hash.digest("hex"), file).toBe(expected.metadata[`${name}/${file}`]!)
      }
      // Beside a fresh base they are the same again, and merged when the model is saved.
      const base = await loadBase(name)
      const again = await loadAdapter(dir.path, base.encoder)
      close(await outputs(again.encoder, base.head), await outputs(encoder, head), 0)
      await expect(loadAdapter(dir.path, base.encoder)).rejects.toThrow('loadAdapter: option "encoder": has adapters')
      expect(again.encoder.lora).toMatchObject({ rank: 3, alpha: 5, dropout: 0 })
      await saveEncoder(dir.file("merged"), again.encoder)
      const merged = await loadEncoder(dir.file("merged"))
      close(await outputs(merged, head), await numbers(`${name} ours`), 1e-5)
      for (const one of [{ encoder, head }, { ...base }, { encoder: merged }]) dispose(one)
    }))

  test(`${name}: we load the adapters that PEFT writes, and compute its numbers with them`, () =>
    leakCheck(async () => {
      const base = await loadBase(name)
      const { encoder, head } = await loadAdapter(join(fixtures, name), base.encoder)
      expect(encoder.lora).toMatchObject({ rank: 2, alpha: 7 })
      expect(head !== undefined).toBe(cases[name].head)
      const { hidden } = encoder.config
      const tensors = head && {
        kernel: tf.tensor2d(head.kernel, [hidden, head.bias.length]),
        bias: tf.tensor1d(head.bias)
      }
      close(await outputs(encoder, tensors), await numbers(`${name} theirs`), 1e-5)
      if (tensors) tf.dispose(tensors)
      dispose(base)
    }))
}

describe("an adapter that is not computed here", () => {
  const refused = async (spoil: (directory: string) => Promise<unknown>, encoder: Encoder): Promise<string> => {
    using dir = tempDir()
    await cp(join(fixtures, "roberta"), dir.path, { recursive: true })
    await spoil(dir.path)
    const before = tf.memory().numTensors
    const error = await loadAdapter(dir.path, encoder).catch((cause: Error) => cause)
    expect(tf.memory().numTensors).toBe(before)
    expect(error).toBeInstanceOf(Error)
    return (error as Error).message
  }
  const config = (change: object) => async (directory: string) => {
    const path = join(directory, "adapter_config.json")
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }))
  }
  const tensors =
    (change: (name: string) => string | undefined, shape?: Array<number>) => async (directory: string) => {
      const file = await readSafetensors(join(fixtures, "roberta/adapter_model.safetensors"))
      const kept = [...file.entries.values()].flatMap((entry) => {
        const name = change(entry.name)
        return name === undefined
          ? []
          : [{ name, dtype: "F32" as const, shape: shape ?? entry.shape, data: () => file.read(entry.name) }]
      })
      await writeSafetensors(join(directory, "adapter_model.safetensors"), kept)
      await file.close()
    }

  test("of the pooler, which PEFT adapts with all linear layers, is passed over", async () => {
    using dir = tempDir()
    await cp(join(fixtures, "roberta"), dir.path, { recursive: true })
    await tensors((name) => name.replace(/encoder\.layer\.0\.attention\.self\.query/, "pooler.dense"))(dir.path)
    const { encoder } = await loadBase("roberta")
    const loaded = await loadAdapter(dir.path, encoder)
    expect(loaded.encoder.lora.targets).not.toContain("encoder.layer.0.attention.self.query")
    expect(loaded.encoder.lora.targets.length).toBeGreaterThan(0)
    encoder.dispose()
  })

  test("is refused by file and field, and leaves the encoder as it was", async () => {
    const { encoder } = await loadBase("roberta")
    const names = Object.keys(encoder.parameters)
    const reasons: Array<[(directory: string) => Promise<unknown>, string]> = [
      [config({ peft_type: "IA3" }), 'adapter_config.json: peft_type: is "IA3"'],
      [config({ use_rslora: true }), "use_rslora: is"],
      [config({ use_dora: true }), "use_dora: is"],
      [config({ rank_pattern: { query: 4 } }), "rank_pattern: is"],
      [config({ bias: "all" }), "bias: is"],
      [config({ r: 5 }), "is [2,16], not [5,16]"],
      [config({ lora_alpha: 0 }), "lora_alpha: must be a number above 0"],
      [tensors((name) => name.replace("layer.0", "layer.9")), "belongs to no linear layer"],
      [
        tensors((name) => (name.includes("layer.0.attention.self.query.lora_B") ? undefined : name)),
        "lora_B.weight: is missing"
      ],
      [(directory) => writeFile(join(directory, "adapter_config.json"), "{"), "adapter_config.json"]
    ]
    for (const [spoil, message] of reasons) expect(await refused(spoil, encoder)).toContain(message)
    expect(Object.keys(encoder.parameters)).toEqual(names)
    using dir = tempDir()
    await expect(saveAdapter(dir.path, encoder)).rejects.toThrow("has no adapters")
    await expect(loadAdapter(dir.path, encoder)).rejects.toThrow("cannot be read (ENOENT)")
    encoder.dispose()
  })
})
