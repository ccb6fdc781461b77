import { expect, test } from "bun:test"
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { FakeHub, tempDir } from "@nuner/testing"
import { fetchSnapshot } from "../src/hub/fetchSnapshot.ts"
import { type HubSettings, hubSettings } from "../src/hub/HubSettings.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const weights = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251)
const files = {
  ".gitattributes": bytes("*"),
  "README.md": bytes("# tiny"),
  "config.json": bytes('{"model_type":"roberta"}'),
  "model.safetensors": weights,
  "onnx/model.onnx": bytes("not wanted"),
  "pytorch_model.bin": bytes("not wanted"),
  "tokenizer.json": bytes(`{"model":{}}${" ".repeat(3000)}`),
  "tokenizer_config.json": bytes("{}")
}
const model = "numind/NuNER-tiny"
const models = { [model]: files }

const settings = (hub: FakeHub, cache: string, more: Partial<HubSettings> = {}): HubSettings => ({
  endpoint: hub.endpoint,
  cache,
  offline: false,
  timeoutSeconds: 10,
  ...more
})

/** A program that fetches the model by the settings of its environment. */
const fetchScript = async (folder: string): Promise<string> => {
  const source = join(import.meta.dir, "../src/hub")
  const script = join(folder, "child.ts")
  await writeFile(
    script,
    `import { fetchSnapshot } from ${JSON.stringify(join(source, "fetchSnapshot.ts"))}
     import { hubSettings } from ${JSON.stringify(join(source, "HubSettings.ts"))}
     console.log(await fetchSnapshot(${JSON.stringify(model)}, "main", hubSettings()))`
  )
  return script
}

const downloads = (hub: FakeHub) => hub.requests.filter(({ path }) => !path.startsWith("/api/")).length

test("lays files out as Python's huggingface_hub does, only those an encoder needs", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.path))
  const folder = join(dir.path, "models--numind--NuNER-tiny")
  expect(snapshot).toBe(join(folder, "snapshots", hub.commit))
  expect(readdirSync(snapshot).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json"
  ])
  expect(lstatSync(join(snapshot, "config.json")).isSymbolicLink()).toBe(true)
  expect(readlinkSync(join(snapshot, "config.json"))).toStartWith("../../blobs/")
  expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
  expect(readFileSync(join(folder, "refs/main"), "utf8")).toBe(hub.commit)
  expect(readdirSync(join(folder, "blobs")).every((name) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name))).toBe(true)
})

test("a second call downloads nothing; a pinned commit asks nothing; offline works from the cache", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const first = await fetchSnapshot(model, "main", settings(hub, dir.path))
  const before = downloads(hub)
  expect(await fetchSnapshot(model, "main", settings(hub, dir.path))).toBe(first)
  expect(downloads(hub)).toBe(before)
  const asked = hub.requests.length
  expect(await fetchSnapshot(model, hub.commit, settings(hub, dir.path))).toBe(first)
  expect(await fetchSnapshot(model, "main", settings(hub, dir.path, { offline: true }))).toBe(first)
  expect(hub.requests.length).toBe(asked)
  // A hub that can't be reached is no obstacle either.
  expect(await fetchSnapshot(model, "main", { ...settings(hub, dir.path), endpoint: "http://127.0.0.1:9" })).toBe(first)
})

test("a new commit brings new files and keeps shared blobs", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const first = await fetchSnapshot(model, "main", settings(hub, dir.path))
  hub.commit = "f".repeat(40)
  const before = downloads(hub)
  const second = await fetchSnapshot(model, "main", settings(hub, dir.path))
  expect(second).not.toBe(first)
  expect(downloads(hub)).toBe(before)
})

test("a download that is cut goes on where it ended", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "model.safetensors", cutAfter: 60_000 })
  hub.fail({ path: "model.safetensors", cutAfter: 50_000 })
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.path))
  expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
  const ranges = hub.requests.flatMap(({ range }) => range ?? [])
  expect(ranges.length).toBeGreaterThan(0)
  expect(Number(/\d+/.exec(ranges[0]!)![0])).toBeGreaterThan(0)
})

test("a connection that falls silent counts as cut", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "model.safetensors", cutAfter: 60_000, stall: true })
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.path, { timeoutSeconds: 0.3 }))
  expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
})

test("one that was cut in an earlier run goes on too, also where the server knows no ranges", async () => {
  for (const noRanges of [false, true]) {
    using dir = tempDir()
    await using hub = new FakeHub({ models })
    for (let i = 0; i < 6; i++) hub.fail({ path: "model.safetensors", cutAfter: 0 })
    const first = fetchSnapshot(model, "main", settings(hub, dir.path))
    await expect(first).rejects.toThrow("broke off")
    await first.catch(() => {})
    const blobs = join(dir.path, "models--numind--NuNER-tiny/blobs")
    const etag = new Bun.CryptoHasher("sha256").update(weights).digest("hex")
    await writeFile(join(blobs, `${etag}.incomplete`), weights.slice(0, 77_777))
    await using again = new FakeHub({ models })
    if (noRanges) again.fail({ path: "model.safetensors", noRanges })
    const snapshot = await fetchSnapshot(model, "main", settings(again, dir.path))
    expect(again.requests.flatMap(({ range }) => range ?? [])).toContain("bytes=77777-")
    expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
  }
})

test("content that does not match its hash is fetched again, then refused", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "model.safetensors", corrupt: true })
  hub.fail({ path: "config.json", corrupt: true })
  await fetchSnapshot(model, "main", settings(hub, dir.path))
  using other = tempDir()
  hub.fail({ path: "model.safetensors", corrupt: true })
  hub.fail({ path: "model.safetensors", corrupt: true })
  const second = fetchSnapshot(model, "main", settings(hub, other.path))
  await expect(second).rejects.toThrow("does not match its hash")
  await second.catch(() => {})
  // What was not whole has no name in the cache.
  const folder = join(other.path, "models--numind--NuNER-tiny")
  const etag = new Bun.CryptoHasher("sha256").update(weights).digest("hex")
  expect(readdirSync(join(folder, "blobs")).filter((name) => name.startsWith(etag))).toEqual([])
  expect(existsSync(join(folder, "refs/main"))).toBe(false)
})

test("more bytes than the hub listed are refused, and none of them is kept", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "model.safetensors", surplus: 100 })
  const first = fetchSnapshot(model, "main", settings(hub, dir.path))
  await expect(first).rejects.toThrow("more than the 200000 bytes")
  await first.catch(() => {})
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.path))
  expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
})

test("a process that dies in the middle leaves nothing half done: the next one takes its lock and goes on", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "model.safetensors", cutAfter: 60_000, stall: true })
  const env = { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HOME: dir.file("home"), HF_TOKEN: "", HF_HUB_CACHE: "" }
  const child = Bun.spawn(["bun", await fetchScript(dir.path)], { env, stdout: "ignore", stderr: "ignore" })
  const folder = dir.file("home/hub/models--numind--NuNER-tiny")
  const etag = new Bun.CryptoHasher("sha256").update(weights).digest("hex")
  const partial = join(folder, `blobs/${etag}.incomplete`)
  while (!existsSync(partial) || readFileSync(partial).length < 60_000) await Bun.sleep(20)
  child.kill("SIGKILL")
  await child.exited
  expect(existsSync(join(folder, "blobs", etag))).toBe(false)
  const lock = dir.file(`home/hub/.locks/models--numind--NuNER-tiny/${etag}.nuner.lock`)
  expect(existsSync(lock)).toBe(true)
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.file("home/hub")))
  expect(hub.requests.flatMap(({ range }) => range ?? [])).toContain("bytes=60000-")
  expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true)
  expect(existsSync(lock)).toBe(false)
})

test("a tag is remembered under its own name", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const snapshot = await fetchSnapshot(model, "v1.0", settings(hub, dir.path))
  expect(hub.requests.some(({ path }) => decodeURIComponent(path).endsWith("/revision/v1.0"))).toBe(true)
  expect(await fetchSnapshot(model, "v1.0", settings(hub, dir.path, { offline: true }))).toBe(snapshot)
  await expect(fetchSnapshot(model, "main", settings(hub, dir.path, { offline: true }))).rejects.toThrow(
    "HF_HUB_OFFLINE"
  )
})

test("another ETag than the listing's is refused", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "config.json", etag: '"abc"' })
  await expect(fetchSnapshot(model, "main", settings(hub, dir.path))).rejects.toThrow("another file than it listed")
})

test("a busy hub is asked again", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "config.json", status: 503 })
  hub.fail({ path: "model.safetensors", status: 429 })
  expect(existsSync(join(await fetchSnapshot(model, "main", settings(hub, dir.path)), "model.safetensors"))).toBe(true)
})

test("the token goes to the hub and not to its storage; without it access is refused with a remedy", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models, token: "hf_secret" })
  await expect(fetchSnapshot(model, "main", settings(hub, dir.path))).rejects.toThrow("HF_TOKEN")
  await fetchSnapshot(model, "main", settings(hub, dir.path, { token: "hf_secret" }))
  const stored = hub.requests.filter(({ path }) => decodeURIComponent(path).includes("//"))
  expect(stored.length).toBeGreaterThan(0)
  expect(stored.every(({ authorization }) => authorization === undefined)).toBe(true)
})

test("what is not there, or not usable, says what to do", async () => {
  using dir = tempDir()
  const { "model.safetensors": _, ...pickled } = files
  await using hub = new FakeHub({ models: { ...models, "a/pickle": pickled } })
  const at = (name: string, more: Partial<HubSettings> = {}) =>
    fetchSnapshot(name, "main", settings(hub, dir.path, more))
  await expect(at("no/body")).rejects.toThrow("not on the hub")
  await expect(at("a/pickle")).rejects.toThrow("m = 'a/pickle'")
  await expect(at(model, { token: "secret" })).rejects.toThrow("HF_TOKEN")
  await expect(at(model, { offline: true })).rejects.toThrow("HF_HUB_OFFLINE")
  await expect(at(model, { endpoint: "http://127.0.0.1:9" })).rejects.toThrow(InputError)
})

test("two processes at once download each file once", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const script = await fetchScript(dir.path)
  const env = { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HOME: dir.file("home"), HF_TOKEN: "", HF_HUB_CACHE: "" }
  const children = [0, 1, 2].map(() => Bun.spawn(["bun", script], { env, stdout: "pipe", stderr: "inherit" }))
  const printed = await Promise.all(children.map((child) => new Response(child.stdout).text()))
  expect(new Set(printed).size).toBe(1)
  const stored = hub.requests.filter(({ path }) => decodeURIComponent(path).endsWith("//model.safetensors"))
  expect(stored.length).toBe(1)
  expect((await readFile(join(printed[0]!.trim(), "model.safetensors"))).equals(weights)).toBe(true)
})

test("a commit of which settings are still missing is not taken for whole", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  hub.fail({ path: "tokenizer_config.json", status: 404 })
  await expect(fetchSnapshot(model, hub.commit, settings(hub, dir.path))).rejects.toThrow("tokenizer_config.json")
  const snapshot = await fetchSnapshot(model, hub.commit, settings(hub, dir.path))
  expect(readdirSync(snapshot)).toContain("tokenizer_config.json")
})

test("a DeBERTa that has spm.model alone brings it along", async () => {
  using dir = tempDir()
  const { "tokenizer.json": _, ...others } = files
  await using hub = new FakeHub({ models: { [model]: { ...others, "spm.model": bytes("pieces") } } })
  const snapshot = await fetchSnapshot(model, "main", settings(hub, dir.path))
  expect(readdirSync(snapshot)).toContain("spm.model")
  expect(await fetchSnapshot(model, "main", settings(hub, dir.path, { offline: true }))).toBe(snapshot)
})

test("loads at once in one process get one snapshot", async () => {
  using dir = tempDir()
  await using hub = new FakeHub({ models })
  const at = settings(hub, dir.path)
  const folders = await Promise.all(["main", "main", "v1", "main"].map((tag) => fetchSnapshot(model, tag, at)))
  expect(new Set(folders).size).toBe(1)
  expect((await readFile(join(folders[0]!, "model.safetensors"))).equals(weights)).toBe(true)
})

test("settings come from the variables that every Hugging Face tool reads", () => {
  using dir = tempDir()
  expect(hubSettings({ HF_HOME: "/h" })).toEqual({
    endpoint: "https://huggingface.co",
    cache: "/h/hub",
    offline: false,
    timeoutSeconds: 10
  })
  const env = {
    HF_HUB_DOWNLOAD_TIMEOUT: "3",
    HF_HOME: dir.path,
    HF_ENDPOINT: "http://mirror/",
    HF_HUB_CACHE: "/c",
    HF_HUB_OFFLINE: "1",
    HF_TOKEN: "hf_t"
  }
  expect(hubSettings(env)).toEqual({
    endpoint: "http://mirror",
    cache: "/c",
    token: "hf_t",
    offline: true,
    timeoutSeconds: 3
  })
})
