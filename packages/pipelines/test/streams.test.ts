import { expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { FakeLlm, tempDir } from "@nuner/testing"
import { inProcess, interrupted } from "./support/inProcess.ts"

process.env.OPENAI_API_KEY = "sk-test"

test.each(["annotate", "label"])(
  "%s: what is answered can be read while the rest is asked, stays where it is cut short, and is not asked again",
  async (command) => {
    using folder = tempDir()
    let slow = true
    const fake = new FakeLlm({
      fault: ({ sentence }) => (slow && sentence.includes("Last") ? { type: "hang" } : undefined)
    })
    const [texts, out] = [folder.file("texts.txt"), folder.file("out.jsonl")]
    writeFileSync(texts, "We saw Ada.\nWe saw Paris.\nWe saw Last.\n")
    const args = [command, texts, "--provider", "openai", "--model", "gpt-4o-mini", "--base-url", fake.openAiUrl]
    const call = [...args, "--out", out, ...(command === "label" ? ["--types", "name", "--allow-empty"] : [])]
    const rows = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [])
    try {
      const { code } = await interrupted(call, () => rows(`${out}.partial`).length === 2)
      expect(code).toBe(130)
      const before = rows(`${out}.partial`)
      expect(before.map((row) => JSON.parse(row).text)).toEqual(["We saw Ada.", "We saw Paris."])
      expect(existsSync(out)).toBe(false)
      slow = false
      const asked = fake.calls.length
      expect(await inProcess(...call)).toMatchObject({ code: 0 })
      expect(fake.calls).toHaveLength(asked + 1)
      expect(rows(out).slice(0, 2)).toEqual(before)
      expect(existsSync(`${out}.partial`)).toBe(false)
    } finally {
      await fake.stop()
    }
  }
)

test("NUNER_LOG names the file in which a run's spans stand, with how they ended", async () => {
  using folder = tempDir()
  const [log, texts, out] = [folder.file("log.jsonl"), folder.file("annotated.jsonl"), folder.file("out.jsonl")]
  writeFileSync(texts, '{"id": "1", "text": "We saw Ada.", "annotations": [{"entity": "Ada", "concept": "person"}]}\n')
  process.env.NUNER_LOG = log
  try {
    expect(await inProcess("align", texts, "--out", out)).toMatchObject({ code: 0 })
    expect(await inProcess("align", texts, "--out", texts)).toMatchObject({ code: 1 })
  } finally {
    delete process.env.NUNER_LOG
  }
  const lines = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  const stages = lines.filter(({ span }) => span === "runStage")
  expect(stages).toMatchObject([
    { stage: "align", within: "alignStage", ended: "done", seconds: expect.any(Number) },
    { stage: "align", ended: "failed", error: expect.stringContaining("is also an input") }
  ])
})
