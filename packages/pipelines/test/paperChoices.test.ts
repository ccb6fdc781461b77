import { expect, test } from "bun:test"
import { nuner } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { decodePretrainOptions } from "@nuner/trainer"
import { Effect } from "effect"
import { paperChoices } from "../src/report/paperChoices.ts"

test("the model card says how mentions were aligned, by the manifest beside them", async () => {
  using dir = tempDir()
  const annotated = { id: "1", text: "Basel is Basel.", annotations: [{ entity: "Basel", concept: "city" }] }
  await Bun.write(dir.file("annotated.jsonl"), `${JSON.stringify(annotated)}\n`)
  const settings = decodePretrainOptions({})
  const choices = () => paperChoices({ settings, aligned: dir.file("aligned.jsonl"), window: 512, windowed: 3 })
  const align = (...flags: Array<string>) =>
    Effect.runPromise(nuner(["align", dir.file("annotated.jsonl"), "-o", dir.file("aligned.jsonl"), ...flags]))
  expect((await choices())["repeated mentions"]).toBe("as the sentences came")
  await align()
  expect(await choices()).toMatchObject({
    logits: "dot product of token and concept, divided by 5",
    "concept vector": "of the first token",
    "repeated mentions": "every occurrence of an entity's string is labelled",
    "overlapping mentions": "kept: a token may have several concepts",
    "long sentences": "windows of 512 tokens that overlap by a quarter; nothing is cut (3 sentences)",
    "missing annotations": "negatives"
  })
  await align("--policy", "first", "--overlap", "longest")
  expect(await choices()).toMatchObject({
    "repeated mentions": "the first occurrence of an entity's string is labelled",
    "overlapping mentions": "the longest is kept"
  })
})
