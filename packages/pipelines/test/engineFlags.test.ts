import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Manifest, readManifest, writeManifest } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import { bf16Test } from "./support/bf16Test.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => join(folder.path, name)
const cli = join(import.meta.dir, "../src/cli.ts")

/** In a process of its own: an engine is chosen once for a process. */
const nuner = async (args: ReadonlyArray<string>, variables: Record<string, string> = {}) => {
  const child = Bun.spawn([process.execPath, cli, ...args], {
    env: { ...process.env, NUNER_ENGINE: "", NUNER_PRECISION: "", ...variables },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, out, err }
}

const vectors = at("vectors.jsonl")
const encode = (...flags: ReadonlyArray<string>) =>
  nuner(["encode", at("texts.txt"), "--model", at("base"), "--out", vectors, ...flags])
const manifest = () => readManifest(`${vectors}.manifest.json`)
const kept = "unchanged, kept"

beforeAll(async () => {
  const texts = ["Ada saw Paris .", "Emmy saw Oslo ."]
  await saveBase(at("base"), texts, { shape: { hidden: 16, layers: 1, heads: 2, feedForward: 32, positions: 34 } })
  writeFileSync(at("texts.txt"), `${texts.join("\n")}\n`)
})
afterAll(() => folder[Symbol.dispose]())

describe("--engine, --precision and --threads", () => {
  test("stand in the help of every command", async () => {
    for (const command of [[], ["align"], ["tadner", "episodes"]]) {
      const { out } = await nuner([...command, "--help"])
      for (const flag of ["--engine", "--precision", "--threads"]) expect(out).toContain(flag)
    }
  }, 30_000)

  test("choose, before or behind the command, and win over the variables", async () => {
    expect((await nuner(["engine", "--engine", "wasm"], { NUNER_ENGINE: "cpu" })).out).toStartWith("engine   wasm:")
    expect((await nuner(["--engine", "cpu", "engine"])).out).toStartWith("engine   cpu:")
    const { out } = await nuner(["engine", "--engine", "onnx", "--threads", "2"], { NUNER_THREADS: "1" })
    expect(out).toContain("threads  2\n")
    const fp32 = await nuner(["engine", "--engine", "cpu", "--precision", "fp32"], { NUNER_PRECISION: "bf16" })
    expect(fp32.out).toContain("products fp32\n")
  }, 30_000)

  test("what is wrong or not to be had is refused in one line", async () => {
    for (const [flags, variables, reason] of [
      [["--engine", "gpu"], {}, '"cuda" | "webgpu" | "native" | "onnx" | "wasm" | "cpu"'],
      [["--precision", "fp16"], {}, '"fp32" | "bf16"'],
      [["--threads", "0"], {}, "greater than 0"],
      [["--threads", "many"], {}, '--threads: "many"'],
      [["--engine", "cpu", "--precision", "bf16"], {}, "cpu: computes in fp32 only, not in bf16"],
      [[], { NUNER_THREADS: "many" }, 'NUNER_THREADS is "many"; it must be a whole number above 0']
    ] as const) {
      const { code, err, out } = await nuner(["engine", ...flags], variables)
      expect({ code, out, lines: err.trim().split("\n").length }).toEqual({ code: 1, out: "", lines: 1 })
      expect(err).toContain(reason)
    }
  }, 30_000)
})

describe("a manifest says what computed", () => {
  test("and another engine keeps what is there", async () => {
    expect((await encode("--engine", "cpu")).code).toBe(0)
    const version = expect.stringContaining("tfjs-cpu")
    expect((await manifest()).computedOn).toEqual({ engine: "cpu", version, precision: "fp32", threads: 1 })
    expect((await encode("--engine", "wasm")).err).toContain(kept)
    expect((await manifest()).computedOn?.engine).toBe("cpu")
  }, 30_000)

  test("one from before it said so is taken for fp32; one of another precision is made again", async () => {
    const { computedOn, ...before } = await manifest()
    await writeManifest(`${vectors}.manifest.json`, before satisfies Manifest)
    expect((await encode()).err).toContain(kept)
    const other = { ...before, computedOn: { ...computedOn!, precision: "bf16" } }
    await writeManifest(`${vectors}.manifest.json`, other)
    expect((await encode("--engine", "wasm")).err).not.toContain(kept)
    expect((await manifest()).computedOn).toMatchObject({ engine: "wasm", precision: "fp32" })
  }, 30_000)

  bf16Test(
    "in bf16",
    async () => {
      expect((await encode("--precision", "bf16", "--threads", "1")).err).not.toContain(kept)
      expect((await manifest()).computedOn).toMatchObject({ engine: "onnx", precision: "bf16", threads: 1 })
      expect((await encode("--precision", "bf16")).err).toContain(kept)
    },
    30_000
  )

  test("where no tensors are computed it says nothing", async () => {
    const text = "Ada saw Paris ."
    const annotations = [{ entity: "Ada", concept: "person" }]
    writeFileSync(at("annotated.jsonl"), `${JSON.stringify({ id: "1", text, annotations })}\n`)
    expect((await nuner(["align", at("annotated.jsonl"), "--out", at("aligned.jsonl")])).code).toBe(0)
    expect((await readManifest(at("aligned.jsonl.manifest.json"))).computedOn).toBeUndefined()
  })
})
