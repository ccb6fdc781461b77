import { expect, test } from "bun:test"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { tf } from "@nuner/engine"
import { FakeHub, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { fromPretrained, loadEncoder } from "../src/index.ts"

await testEngine()

const contents = async (name: string): Promise<Record<string, Uint8Array>> => {
  const directory = join(import.meta.dir, "fixtures", name)
  const names = await readdir(directory)
  return Object.fromEntries(
    await Promise.all(names.map(async (file) => [file, new Uint8Array(await readFile(join(directory, file)))]))
  )
}

test("a model of the hub is the model that was published, whole or in shards, despite faults", () =>
  leakCheck(async () => {
    for (const name of ["roberta", "roberta-mlm-sharded"]) {
      using dir = tempDir()
      await using hub = new FakeHub({ models: { [`someone/${name}`]: await contents(name) } })
      hub.fail({ path: "tokenizer.json", cutAfter: 1000 })
      hub.fail({ path: "model.safetensors", corrupt: true })
      const settings = { endpoint: hub.endpoint, cache: dir.path, offline: false, timeoutSeconds: 10 }
      const there = await fromPretrained(`someone/${name}`, { hub: settings })
      const here = await loadEncoder(join(import.meta.dir, "fixtures", name))
      expect(there.config).toEqual(here.config)
      for (const [parameter, value] of Object.entries(here.parameters)) {
        expect(there.parameters[parameter]!.dataSync()).toEqual(value.dataSync())
      }
      const pinned = await fromPretrained(`someone/${name}`, {
        hub: { ...settings, offline: true },
        revision: hub.commit
      })
      tf.dispose([Object.values(pinned.parameters), Object.values(there.parameters), Object.values(here.parameters)])
    }
  }))

test("a directory needs no hub, and nonsense is refused before one is asked", async () => {
  const hub = { endpoint: "http://127.0.0.1:9", cache: "/nowhere", offline: false, timeoutSeconds: 10 }
  const encoder = await fromPretrained(join(import.meta.dir, "fixtures/roberta"), { hub })
  encoder.dispose()
  await expect(fromPretrained("../no/such/directory", { hub })).rejects.toThrow("neither a directory nor")
})
