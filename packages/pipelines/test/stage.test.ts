import { expect, test } from "bun:test"
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { Progress, runStage } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { Effect } from "effect"
import { differences, type Made } from "../src/services/differences.ts"
import { inProcess } from "./support/inProcess.ts"

const digest = (path: string, sha256: string) => ({ path, bytes: 1, sha256 })

const made: Made = {
  version: "1.0.0",
  settings: { steps: 475, text: { format: "jsonl", column: 0 } },
  seeds: { pretrain: 0 },
  inputs: [digest("a.jsonl", "a"), digest("b.jsonl", "b")],
  artefacts: [digest("out/model.safetensors", "m")],
  computedOn: { engine: "onnx", version: "1.26", precision: "bf16", threads: 2 }
}

test.each<[string, Partial<Made>, ReadonlyArray<string>]>([
  ["nothing", {}, []],
  ["keys in another order", { settings: { text: { column: 0, format: "jsonl" }, steps: 475 } }, []],
  ["another engine and its threads", { computedOn: { ...made.computedOn!, engine: "wasm", threads: 1 } }, []],
  ["inputs that lie elsewhere", { inputs: [digest("c/a.jsonl", "a"), digest("c/b.jsonl", "b")] }, []],
  ["the version", { version: "1.1.0" }, ['version was "1.0.0", is "1.1.0"']],
  ["a setting", { settings: { ...made.settings, steps: 100 } }, ["steps was 475, is 100"]],
  ["a new setting", { settings: { ...made.settings, clip: 1 } }, ["clip was not given, is 1"]],
  ["a seed", { seeds: { pretrain: 1 } }, ["seed of pretrain was 0, is 1"]],
  ["no tensors", { computedOn: undefined }, ['precision was "bf16", is "fp32"']],
  ["an input's content", { inputs: [made.inputs[0]!, digest("b.jsonl", "c")] }, ["b.jsonl has changed"]],
  ["one input more", { inputs: [...made.inputs, digest("c.jsonl", "c")] }, ["c.jsonl is new"]],
  ["their order", { inputs: made.inputs.toReversed() }, ["inputs are in another order"]],
  ["a lost artefact", { artefacts: [] }, ["out/model.safetensors is gone"]]
])("of two runs, what decides a result is told: %s", (_, now, told) => {
  expect(differences(made, { ...made, ...now })).toEqual([...told])
})

test("a result that a command would replace is not replaced without a word", async () => {
  using folder = tempDir()
  const [texts, out] = [folder.file("annotated.jsonl"), folder.file("out.jsonl")]
  writeFileSync(texts, '{"id": "1", "text": "We saw Ada.", "annotations": [{"entity": "Ada", "concept": "person"}]}\n')
  const align = async (...flags: ReadonlyArray<string>) => (await inProcess("align", texts, "--out", out, ...flags)).err
  expect(await align()).not.toContain("runs again")
  expect(await align()).toContain("unchanged, kept")
  expect(await align("--overlap", "longest")).toContain('runs again: overlap was not given, is "longest"')
  appendFileSync(out, "\n")
  expect(await align("--overlap", "longest")).toContain(`runs again: ${out} has changed`)
  rmSync(out)
  expect(await align()).toContain(`runs again: overlap was "longest", is not given; ${out} is gone`)
  appendFileSync(texts, '{"id": "2", "text": "We saw Bo.", "annotations": []}\n')
  expect(await align()).toContain(`runs again: ${texts} has changed`)
})

test("checkpoints stay until the manifest stands", async () => {
  using folder = tempDir()
  const [artefact, checkpoints] = [folder.file("model"), folder.file("model.checkpoints")]
  mkdirSync(checkpoints)
  const train = (work: () => void) =>
    runStage({
      ...{ name: "train", manifest: `${artefact}.manifest.json`, settings: {}, inputs: [] },
      ...{ artefacts: [artefact], checkpoints },
      work: Effect.sync(() => {
        work()
        return { counts: {}, summary: "trained" }
      })
    }).pipe(Effect.provide(Progress.silent), Effect.runPromise)
  // What the manifest would list is not there: the work is done, the result is not.
  await expect(train(() => {})).rejects.toThrow(artefact)
  expect(existsSync(checkpoints)).toBe(true)
  await train(() => writeFileSync(artefact, "weights"))
  expect(existsSync(checkpoints)).toBe(false)
})
