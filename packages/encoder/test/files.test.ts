import { describe, expect, test } from "bun:test"
import { cp, readdir, readFile, rename, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import { type Parameters, readSafetensors, SafetensorsError, tf, writeSafetensors } from "@nuner/engine"
import { close, leakCheck, tempDir } from "@nuner/testing"
import {
  copyEncoder,
  encode,
  exportOnnx,
  forward,
  loadEncoder,
  loadTokenClassifier,
  saveEncoder,
  saveTokenClassifier,
  tokenBatch
} from "../src/index.ts"
import { architectures, tiny } from "./tiny.ts"

const fixture = (name: string) => join(import.meta.dir, "fixtures", name)

const values = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, [...parameter.dataSync()]]))

describe("an encoder", () => {
  test("that was disposed says so, whatever is asked of it, also where its weights were never asked for", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const made = tiny()
      await saveEncoder(dir.file("model"), made)
      made.dispose()
      const encoder = await loadEncoder(dir.file("model"))
      encoder.dispose()
      encoder.dispose()
      const said = "An encoder was used after it was disposed"
      await expect(encode(encoder, ["a"]).next()).rejects.toThrow(said)
      await expect(saveEncoder(dir.file("again"), encoder)).rejects.toThrow(said)
      expect(() => copyEncoder(encoder)).toThrow(said)
    }))

  test("is the same after save and load", () =>
    leakCheck(async () => {
      for (const architecture of ["roberta", "bert"] as const) {
        using dir = tempDir()
        const encoder = tiny(architecture)
        await saveEncoder(dir.file("model"), encoder, { card: "# A card\n" })
        const again = await loadEncoder(dir.file("model"))
        expect(again.config).toEqual(encoder.config)
        expect(again.unused).toEqual([])
        expect(values(again.parameters)).toEqual(values(encoder.parameters))
        expect((await readdir(dir.file("model"))).sort()).toEqual([
          "README.md",
          "config.json",
          "model.safetensors",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json"
        ])
        expect(await readdir(dir.path)).toEqual(["model"])
        encoder.dispose()
        again.dispose()
      }
    }))

  test.each(architectures)(
    "of %s in I8 is within half a step of each row, with vectors as they were, and not for others to take for plain weights",
    (architecture) =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = tiny(architecture)
        await saveEncoder(dir.file("model"), encoder, { dtype: "I8" })
        const again = await loadEncoder(dir.file("model"))
        expect(again.unused).toEqual([])
        for (const [name, parameter] of Object.entries(encoder.parameters)) {
          const [kept, was] = [again.parameters[name]!, parameter]
          if (was.shape.length === 1) expect(kept.dataSync(), name).toEqual(was.dataSync())
          else {
            expect(kept.dataSync(), name).not.toEqual(was.dataSync())
            const step = tf.tidy(() => Number(tf.max(tf.abs(was)).dataSync()[0]) / 127)
            close(kept.dataSync(), was.dataSync(), 0.501 * step)
          }
        }
        const config = JSON.parse(await readFile(join(dir.file("model"), "config.json"), "utf8"))
        expect(config.quantization_config).toEqual({ format: "nuner-int8-rows" })
        // What config.json said before is read as well.
        const older = JSON.stringify({ ...config, quantization_config: { quant_method: "nuner-int8-rows" } })
        await writeFile(join(dir.file("model"), "config.json"), older)
        ;(await loadEncoder(dir.file("model"))).dispose()
        // Written again, the whole numbers are the same.
        await saveEncoder(dir.file("twice"), again, { dtype: "I8" })
        const file = "model.safetensors"
        expect(await readFile(join(dir.file("twice"), file))).toEqual(await readFile(join(dir.file("model"), file)))
        encoder.dispose()
        again.dispose()
      })
  )

  test("in F16 is within its rounding, and what F16 can't hold is refused", async () => {
    using dir = tempDir()
    const encoder = tiny()
    await saveEncoder(dir.file("half"), encoder, { dtype: "F16" })
    const again = await loadEncoder(dir.file("half"))
    for (const [name, parameter] of Object.entries(encoder.parameters)) {
      close(again.parameters[name]!.dataSync(), parameter.dataSync(), 1e-3)
    }
    const bias = encoder.parameters["embeddings.LayerNorm.bias"]!
    bias.assign(tf.fill(bias.shape, 70_000))
    await expect(saveEncoder(dir.file("half"), encoder, { dtype: "F16" })).rejects.toThrow(OptionError)
    encoder.dispose()
    again.dispose()
    // What was there before the refusal is there still, and nothing beside it.
    expect(await readdir(dir.path)).toEqual(["half"])
    ;(await loadEncoder(dir.file("half"))).dispose()
  })

  test("replaces an earlier one and leaves other files alone", async () => {
    using dir = tempDir()
    const [first, second] = [tiny("roberta", 1), tiny("roberta", 2)]
    await saveEncoder(dir.path, first)
    await writeFile(dir.file("notes.txt"), "mine")
    await saveEncoder(dir.path, second)
    const again = await loadEncoder(dir.path)
    expect(values(again.parameters)).toEqual(values(second.parameters))
    expect(await readFile(dir.file("notes.txt"), "utf8")).toBe("mine")
    for (const encoder of [first, second, again]) encoder.dispose()
  })

  test("goes into an empty folder, and neither over a file nor into a folder of other things", async () => {
    using dir = tempDir()
    const encoder = tiny()
    await writeFile(dir.file(".gitignore"), "*.log")
    await saveEncoder(dir.path, encoder)
    using project = tempDir()
    for (const name of ["README.md", "config.json", "src"]) await writeFile(project.file(name), "mine")
    const refused = `${project.path}: holds README.md, config.json, src and no model`
    await expect(saveEncoder(project.path, encoder)).rejects.toThrow(refused)
    await expect(saveEncoder(project.file("src"), encoder)).rejects.toThrow("src: is a file, and a model is a folder")
    expect((await readdir(project.path)).sort()).toEqual(["README.md", "config.json", "src"])
    expect(await readFile(project.file("README.md"), "utf8")).toBe("mine")
    encoder.dispose()
  })

  test("is found under gamma and beta, and under another model's prefix", async () => {
    using dir = tempDir()
    await cp(fixture("roberta"), dir.path, { recursive: true })
    const file = await readSafetensors(join(fixture("roberta"), "model.safetensors"))
    const renamed = [...file.entries.values()].map(({ name, shape }) => ({
      name: `roberta.${name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")}`,
      dtype: "F32" as const,
      shape,
      data: () => file.read(name)
    }))
    await writeSafetensors(dir.file("model.safetensors"), renamed)
    const [old, now] = [await loadEncoder(dir.path), await loadEncoder(fixture("roberta"))]
    expect(values(old.parameters)).toEqual(values(now.parameters))
    expect(old.unused).toEqual(now.unused)
    for (const encoder of [old, now]) encoder.dispose()
    await file.close()
  })
})

test("a token classifier is the same after save and load", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const python = await loadTokenClassifier(fixture("bert-token-classification"))
    expect(python.labels).toEqual(["O", "B-PER", "I-PER"])
    await saveTokenClassifier(dir.file("model"), python)
    const again = await loadTokenClassifier(dir.file("model"))
    expect(again.labels).toEqual(python.labels)
    expect(values(again.encoder.parameters)).toEqual(values(python.encoder.parameters))
    expect([...again.kernel.dataSync()]).toEqual([...python.kernel.dataSync()])
    expect([...again.bias.dataSync()]).toEqual([...python.bias.dataSync()])
    await expect(saveTokenClassifier(dir.file("model"), { ...again, labels: ["O"] })).rejects.toThrow("kernel")
    python.dispose()
    again.dispose()
  }))

test("a token classifier with more than a linear layer is refused; what pre-training left beside it is passed over", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const from = fixture("bert-token-classification")
    const file = await readSafetensors(join(from, "model.safetensors"))
    await cp(from, dir.path, { recursive: true })
    const tensors = [...file.entries.values()].map(({ name, shape }) => ({
      ...{ name, shape, dtype: "F32" as const },
      data: () => file.read(name)
    }))
    const withTensor = (name: string) =>
      writeSafetensors(dir.file("model.safetensors"), [
        ...tensors,
        { name, dtype: "F32", shape: [2], data: () => new Float32Array(2) }
      ])
    for (const name of [
      "crf.transitions",
      "dense.weight",
      "head.dense.weight",
      "lstm.weight_ih_l0",
      "classifier.out.bias"
    ]) {
      await withTensor(name)
      const error = await loadTokenClassifier(dir.path).catch((cause: Error) => cause)
      expect(error).toBeInstanceOf(InputError)
      expect((error as Error).message).toContain(name)
      expect((error as Error).message).toContain(`nuner fit --encoder ${dir.path}`)
    }
    for (const name of [
      "bert.embeddings.position_ids",
      "bert.pooler.dense.bias",
      "cls.predictions.bias",
      "lm_head.bias"
    ]) {
      await withTensor(name)
      ;(await loadTokenClassifier(dir.path)).dispose()
    }
    await file.close()
  }))

test("a ModernBERT's labels are not written as its class in Python, which has a hidden layer before them", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const encoder = tiny("modernbert")
    const model = { encoder, kernel: tf.ones([16, 2]), bias: tf.zeros([2]), labels: ["O", "B-X"] }
    await saveTokenClassifier(dir.file("model"), model)
    const { architectures, id2label } = await Bun.file(dir.file("model/config.json")).json()
    expect([architectures, Object.values(id2label)]).toEqual([["ModernBertModel"], ["O", "B-X"]])
    const again = await loadTokenClassifier(dir.file("model"))
    expect([...again.kernel.dataSync()]).toEqual([...model.kernel.dataSync()])
    for (const one of [encoder, again]) one.dispose()
    tf.dispose([model.kernel, model.bias])
  }))

test("weights that are no numbers are neither written nor read", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const [encoder, healthy] = [tiny(), tiny()]
    const name = "encoder.layer.1.output.dense.weight"
    const weight = encoder.parameters[name]!
    tf.tidy(() => weight.assign(tf.fill(weight.shape, Number.NaN)))
    await saveEncoder(dir.file("model"), healthy)
    const kernel = tf.zeros([16, 2])
    const bias = tf.zeros([2])
    const writers = {
      model: () => saveEncoder(dir.file("model"), encoder),
      half: () => saveEncoder(dir.file("half"), encoder, { dtype: "F16" }),
      classifier: () => saveTokenClassifier(dir.file("classifier"), { encoder, kernel, bias, labels: ["O", "B-X"] }),
      onnx: () => exportOnnx(dir.file("onnx"), encoder, { types: ["int8"] })
    }
    for (const [place, write] of Object.entries(writers)) {
      const error = await write().catch((cause: Error) => cause)
      expect(error).toBeInstanceOf(SafetensorsError)
      expect((error as Error).message).toMatch(`${dir.file(place)}`)
      expect((error as Error).message).toMatch(
        /tensor "(roberta\.)?encoder\.layer\.1\.output\.dense\.weight": holds NaN/
      )
      expect((error as Error).message).not.toContain("partial")
    }
    // What stood there is whole, and nothing else was left.
    expect(await readdir(dir.path)).toEqual(["model"])
    const again = await loadEncoder(dir.file("model"))
    expect(values(again.parameters)).toEqual(values(healthy.parameters))
    // Read, such a file is refused as well.
    const path = dir.file("model/model.safetensors")
    const file = await readSafetensors(path)
    const spoiled = [...file.entries.values()].map(({ name: tensor, shape }) => ({
      ...{ name: tensor, shape, dtype: "F32" as const },
      data: async () => {
        const numbers = (await file.read(tensor)) as Float32Array
        if (tensor === name) numbers[3] = Number.POSITIVE_INFINITY
        return numbers
      }
    }))
    await writeSafetensors(dir.file("spoiled.safetensors"), spoiled)
    await file.close()
    await rename(dir.file("spoiled.safetensors"), path)
    await expect(loadEncoder(dir.file("model"))).rejects.toThrow(`${path}: tensor "${name}": holds Infinity`)
    for (const one of [encoder, healthy, again]) one.dispose()
    tf.dispose([kernel, bias])
  }))

describe("a directory that can't be used", () => {
  /** Loads a copy of a fixture after `spoil`, and expects no tensor to be left. */
  const refused = async (name: string, spoil: (directory: string) => Promise<void>): Promise<Error> => {
    using dir = tempDir()
    await cp(fixture(name), dir.path, { recursive: true })
    await spoil(dir.path)
    const before = tf.memory().numTensors
    const error = await loadEncoder(dir.path).then(
      () => new Error("it was loaded"),
      (cause: Error) => cause
    )
    expect(tf.memory().numTensors).toBe(before)
    expect(error.message).not.toContain("\n")
    return error
  }
  const editConfig = (change: Record<string, unknown>) => async (directory: string) => {
    const path = join(directory, "config.json")
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }))
  }

  test("says which file and what to do", async () => {
    expect(await loadEncoder("/nowhere").catch(String)).toContain("is not a directory")
    const cases: Array<[string, (directory: string) => Promise<void>, RegExp, unknown]> = [
      [
        "roberta",
        (dir) => truncate(join(dir, "model.safetensors"), 40_000),
        /model\.safetensors.*lie outside the file/,
        SafetensorsError
      ],
      ["roberta", (dir) => writeFile(join(dir, "config.json"), "{"), /config\.json.*not JSON/, InputError],
      [
        "roberta",
        (dir) => writeFile(join(dir, "tokenizer.json"), '{"model":{"vocab":{"a":0}}}'),
        /tokenizer\.json/,
        InputError
      ],
      ["roberta", editConfig({ vocab_size: 200 }), /vocab_size/, InputError],
      ["roberta", editConfig({ pad_token_id: 2 }), /pad_token_id/, InputError],
      ["roberta", editConfig({ intermediate_size: 41 }), /intermediate\.dense.*\[40,16\].*\[41,16\]/, InputError],
      ["roberta", editConfig({ num_hidden_layers: 4 }), /encoder\.layer\.3\..*is missing/, InputError],
      [
        "bert-token-classification",
        editConfig({ model_type: "roberta", pad_token_id: 0, vocab_size: 9 }),
        /vocab_size/,
        InputError
      ]
    ]
    for (const [name, spoil, message, kind] of cases) {
      const error = await refused(name, spoil)
      expect(error.message).toMatch(message)
      expect(error).toBeInstanceOf(kind as ErrorConstructor)
    }
  })

  test("because of a missing shard, a pickle, or a name given twice", async () => {
    const { rm, rename } = await import("node:fs/promises")
    const shard = await refused("roberta-mlm-sharded", (dir) => rm(join(dir, "model-00002-of-00002.safetensors")))
    expect(shard.message).toContain("model-00002-of-00002.safetensors is missing")
    const pickle = await refused("roberta", (dir) =>
      rename(join(dir, "model.safetensors"), join(dir, "pytorch_model.bin"))
    )
    expect(pickle.message).toMatch(/pickle.*architectures.*save_pretrained.*AutoTokenizer/)
    const outside = await refused("roberta-mlm-sharded", (dir) =>
      writeFile(join(dir, "model.safetensors.index.json"), '{"weight_map":{"a":"../../secret.safetensors"}}')
    )
    expect(outside.message).toContain("not the name of a shard")
    const twice = await refused("roberta", (dir) =>
      writeSafetensors(join(dir, "model.safetensors"), [
        { name: "embeddings.LayerNorm.bias", dtype: "F32", shape: [1], data: () => new Float32Array(1) },
        { name: "roberta.embeddings.LayerNorm.beta", dtype: "F32", shape: [1], data: () => new Float32Array(1) }
      ])
    )
    expect(twice.message).toContain("means the same as")
  })
})

test("a tensor within the layers that ours have no place for is refused; one beside or above them is named", async () => {
  using dir = tempDir()
  await cp(fixture("roberta"), dir.path, { recursive: true })
  const path = dir.file("model.safetensors")
  const file = await readSafetensors(join(fixture("roberta"), "model.safetensors"))
  const tensors = [...file.entries.values()].map(({ name, shape }) => ({
    ...{ name, shape, dtype: "F32" as const },
    data: () => file.read(name)
  }))
  const withTensor = (name: string) =>
    writeSafetensors(path, [...tensors, { name, dtype: "F32", shape: [2], data: () => new Float32Array(2) }])
  const strangers = [
    "roberta.encoder.layer.0.attention.self.distance_embedding.weight",
    "encoder.layer.2.output.adapters.ner.adapter_down.0.weight",
    "roberta.encoder.layer.1.crossattention.self.query.weight",
    "embeddings.word_embeddings_2.weight"
  ]
  for (const name of strangers) {
    await withTensor(name)
    const error = await loadEncoder(dir.path).catch((cause: Error) => cause)
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).toContain(name.replace(/^roberta\./, ""))
  }
  // The fixture has 3 layers.
  for (const name of ["roberta.embeddings.position_ids", "encoder.layer.3.output.dense.bias", "classifier.bias"]) {
    await withTensor(name)
    const encoder = await loadEncoder(dir.path)
    expect(encoder.unused).toContain(name.replace("roberta.", ""))
    encoder.dispose()
  }
  await file.close()
})

test("padding changes nothing for the tokens before it", async () => {
  const encoder = tiny()
  const sequences = [
    [0, 40, 50, 60, 2],
    [0, 41, 2]
  ]
  const one = forward(encoder, tokenBatch([sequences[1]!], 1))[0]!
  const both = forward(encoder, tokenBatch(sequences, 1, { multipleOf: 8 }))[0]!
  expect(both.shape).toEqual([2, 8, 16])
  close([...both.dataSync()].slice(8 * 16, 11 * 16), one.dataSync(), 1e-5)
  tf.dispose([one, both])
  encoder.dispose()
})
