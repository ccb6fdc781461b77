import { beforeAll, describe, expect, test } from "bun:test"
import { cp, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { readSafetensors, writeSafetensors } from "@nuner/engine"
import { FakeHub, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { loadGliner, ZeroShot } from "@nuner/zeroshot"

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")
const types = ["person", "city", "award"]
const text = "Marie Curie was born in Warsaw, and O'Neil in New-York_City."

describe("a model by its name", () => {
  const filesOf = async (directory: string, but: ReadonlyArray<string> = []) => {
    const names = (await readdir(directory)).filter((name) => !but.includes(name))
    return Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, new Uint8Array(await readFile(join(directory, name)))] as const)
      )
    )
  }
  const settings = (hub: FakeHub, cache: string) => ({
    endpoint: hub.endpoint,
    cache,
    offline: false,
    timeoutSeconds: 10
  })

  test("is fetched from the hub, weights in a pickle and all, and found in the cache again", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const files = { ...(await filesOf(join(fixtures, "width-1"))), "README.md": new Uint8Array(4) }
      await using hub = new FakeHub({ models: { "numind/tiny": files } })
      const model = await ZeroShot.fromPretrained("numind/tiny", { hub: settings(hub, folder.path) })
      const { entities } = await model.predict([text], types, { threshold: 0.1 })
      model.dispose()
      expect(hub.requests.some(({ path }) => path.endsWith("README.md"))).toBe(false)
      const again = await ZeroShot.fromPretrained("numind/tiny", {
        hub: { ...settings(hub, folder.path), offline: true }
      })
      expect((await again.predict([text], types, { threshold: 0.1 })).entities).toEqual(entities)
      again.dispose()
    }))

  test("is fetched through cuts and refusals, and refused itself where its weights are not what the hub says they are", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const files = await filesOf(join(fixtures, "width-1"))
      await using hub = new FakeHub({ models: { "numind/tiny": files } })
      hub.fail({ path: "pytorch_model.bin", cutAfter: 5000 })
      hub.fail({ path: "gliner_config.json", status: 503 })
      hub.fail({ path: "tokenizer.json", corrupt: true })
      const model = await ZeroShot.fromPretrained("numind/tiny", { hub: settings(hub, folder.file("cut")) })
      const wanted = await loadGliner(join(fixtures, "width-1"))
      const asked = [[text], types, { threshold: 0.1 }] as const
      expect(await model.predict(...asked)).toEqual(await wanted.predict(...asked))
      expect(hub.requests.some(({ range }) => range !== undefined)).toBe(true)
      model.dispose()
      wanted.dispose()
      for (let i = 0; i < 2; i++) hub.fail({ path: "pytorch_model.bin", corrupt: true })
      const refused = ZeroShot.fromPretrained("numind/tiny", { hub: settings(hub, folder.file("corrupt")) })
      await expect(refused).rejects.toThrow("does not match its hash")
    }))

  test("that comes without a tokenizer takes that of its base, and adds the marks of a prompt", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const bare = folder.file("bare")
      await cp(join(fixtures, "marker-v0"), bare, { recursive: true })
      const config = JSON.parse(await readFile(join(bare, "gliner_config.json"), "utf8"))
      await writeFile(join(bare, "gliner_config.json"), JSON.stringify({ ...config, model_name: "base/tiny" }))
      const whole = await filesOf(bare)
      const tokenizer = JSON.parse(new TextDecoder().decode(whole["tokenizer.json"]))
      const own = ["[FLERT]", "<<ENT>>", "<<SEP>>"]
      tokenizer.added_tokens = tokenizer.added_tokens.filter(
        ({ content }: { content: string }) => !own.includes(content)
      )
      const base = {
        "tokenizer.json": new TextEncoder().encode(JSON.stringify(tokenizer)),
        "config.json": new Uint8Array(2)
      }
      const model = await filesOf(bare, ["tokenizer.json", "tokenizer_config.json"])
      await using hub = new FakeHub({ models: { "org/bare": model, "base/tiny": base } })
      const loaded = await ZeroShot.fromPretrained("org/bare", { hub: settings(hub, folder.file("cache")) })
      const wanted = await loadGliner(join(fixtures, "marker-v0"))
      const options = { threshold: 0.3 }
      expect((await loaded.predict([text], types, options)).entities).toEqual(
        (await wanted.predict([text], types, options)).entities
      )
      loaded.dispose()
      wanted.dispose()
    }))

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["a head that is not implemented", { span_mode: "conv_max" }, /span_mode/],
    ["another pooling", { subtoken_pooling: "mean" }, /subtoken_pooling: "mean" is not implemented/],
    ["fused layers", { fuse_layers: true }, /fuse_layers: true is not implemented/],
    ["weights of another head", { span_mode: "marker" }, /span_rep_layer\.project_start\.0\.weight: is missing/],
    ["a missing tensor", { num_rnn_layers: 1 }, /rnn\.lstm\.weight_ih_l0: is missing/]
  ])("%s is refused by the field's name", async (_name, changed, message) => {
    using folder = tempDir()
    const directory = folder.file("model")
    await cp(join(fixtures, "token-level"), directory, { recursive: true })
    const config = JSON.parse(await readFile(join(directory, "gliner_config.json"), "utf8"))
    await writeFile(join(directory, "gliner_config.json"), JSON.stringify({ ...config, ...changed }))
    await leakCheck(() => expect(loadGliner(directory)).rejects.toThrow(message))
  })

  test.each([
    ["{", /gliner_config\.json: not JSON: .*fetch the model again/],
    ["null", /gliner_config\.json: expected object, got null/]
  ])("settings that say %s are refused by the file's name", async (text, message) => {
    using folder = tempDir()
    const directory = folder.file("model")
    await cp(join(fixtures, "token-level"), directory, { recursive: true })
    await writeFile(join(directory, "gliner_config.json"), text)
    await expect(loadGliner(directory)).rejects.toThrow(message)
  })

  test("whose tensors have the names of older versions is read by them", () =>
    leakCheck(async () => {
      using folder = tempDir()
      const directory = folder.file("old")
      const source = join(fixtures, "token-level")
      await cp(source, directory, { recursive: true })
      const file = await readSafetensors(join(source, "model.safetensors"))
      const renamed = [...file.entries.values()].map(({ name, shape }) => ({
        name: `model.${name.replace("scorer.out_mlp.3", "scorer.out_mlp.2")}`,
        dtype: "F32" as const,
        shape,
        data: () => file.read(name)
      }))
      await writeSafetensors(join(directory, "model.safetensors"), renamed)
      await file.close()
      const [old, model] = [await loadGliner(directory), await loadGliner(source)]
      const options = { threshold: 0.3 }
      const wanted = await model.predict([text], types, options)
      expect(wanted.entities[0]!.length).toBeGreaterThan(0)
      expect(await old.predict([text], types, options)).toEqual(wanted)
      old.dispose()
      model.dispose()
    }))

  test("a directory of something else says what a zero-shot model has", async () => {
    using folder = tempDir()
    await expect(ZeroShot.fromPretrained(folder.path)).rejects.toThrow(/holds no zero-shot model.*gliner_config\.json/)
  })
})
