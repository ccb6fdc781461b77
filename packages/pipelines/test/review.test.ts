import { afterAll, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { Progress, reviewStage } from "@nuner/pipelines"
import { tempDir, testEngine } from "@nuner/testing"
import { Effect } from "effect"
import { readToReview } from "../src/inputs/readToReview.ts"
import { saveBase } from "./support/saveBase.ts"

await testEngine()
const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())
const file = (name: string, ...lines: ReadonlyArray<unknown>): string => {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
  writeFileSync(folder.file(name), `${text.join("\n")}\n`)
  return folder.file(name)
}
const say = () => {}

test("raw text, what an LLM named, and labels are read; an entity that cuts a word grows, of two on one word the longer stays", async () => {
  const raw = await readToReview(file("raw.txt", "Ada Lovelace left. She saw Oslo."), { say })
  expect(raw.map(({ words }) => words)).toEqual([
    ["Ada", "Lovelace", "left", "."],
    ["She", "saw", "Oslo", "."]
  ])
  const annotations = [
    { entity: "Ada Lovelace", concept: "mathematician" },
    { entity: "Ada", concept: "name" },
    { entity: "nowhere", concept: "place" }
  ]
  const annotated = await readToReview(file("annotated.jsonl", { text: "Ada Lovelace left.", annotations }), { say })
  expect(annotated[0]!.entities).toEqual([{ start: 0, end: 2, type: "mathematician" }])
  const entities = [{ start: 0, end: 5, type: "person" }]
  const labelled = await readToReview(file("labelled.jsonl", { text: "Ada Lovelace left.", entities }), { say })
  expect(labelled[0]!.entities).toEqual([{ start: 0, end: 2, type: "person" }])
  await expect(readToReview(folder.file("none.jsonl"), { say })).rejects.toThrow("no such file")
})

test("the page is served until the scope closes, with the types that were asked for", async () => {
  const text = "Ada saw Oslo ."
  await saveBase(folder.file("base"), [text], { shape: { hidden: 16, layers: 1, heads: 2 }, vocabSize: 280 })
  const entities = [
    { start: 0, end: 3, type: "person" },
    { start: 8, end: 12, type: "town" }
  ]
  const input = file("served.jsonl", { text, entities })
  const options = { input, encoder: folder.file("base"), folder: folder.file("answers"), types: ["town"], heldOut: 0 }
  const tried = Effect.gen(function* () {
    const url = yield* reviewStage(options)
    return yield* Effect.promise(async () => {
      const { origin } = new URL(url)
      const cookie = (await fetch(url, { redirect: "manual" })).headers.get("set-cookie")!.split(";")[0]!
      const body = JSON.stringify({ person: "Ada", tab: "a", count: 1, open: [] })
      const answer = await fetch(`${origin}/api/next`, { method: "POST", body, headers: { cookie, origin } })
      return { origin, tasks: await answer.json() }
    })
  })
  const { origin, tasks } = await Effect.runPromise(Effect.scoped(tried).pipe(Effect.provide(Progress.silent)))
  expect(tasks).toMatchObject([{ text, entities: [{ start: 2, end: 3, type: "town" }] }])
  await expect(fetch(origin)).rejects.toThrow()
})
