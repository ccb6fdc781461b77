import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { loadClassifier } from "@nuner/classifier"
import { countEntities, scores } from "@nuner/metrics"
import { type EvaluationFile, readDataset } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)

const columns = (sentences: ReadonlyArray<string>): string =>
  sentences.map((sentence) => sentence.replaceAll(" ", "\n").replaceAll("/", " ")).join("\n\n")
const train = ["Ada/B-person left/O Oslo/B-town", "Emmy/B-person saw/O Lima/B-town", "Carl/B-person left/O Lima/B-town"]
const held = ["Ada/B-person saw/O Oslo/B-town", "Lima/B-person left/O Oslo/B-town", "saw/O Emmy/B-person"]

beforeAll(async () => {
  const texts = [...train, ...held].map((sentence) => sentence.replaceAll(/\/\S+/g, ""))
  const shape = { hidden: 64, layers: 1, heads: 2, feedForward: 64, initializerRange: 0.1 }
  await saveBase(at("base"), [...texts, ...texts], { shape, vocabSize: 400 })
  writeFileSync(at("train.conll"), columns(train))
  writeFileSync(at("test.conll"), columns(held))
  // The second model has never seen a person.
  writeFileSync(at("towns.conll"), columns(train.map((sentence) => sentence.replace("B-person", "O"))))
  for (const [name, data] of [
    ["model", "train.conll"],
    ["towns", "towns.conll"]
  ] as const) {
    const { code } = await inProcess("finetune", at(data), "--encoder", at("base"), "--out", at(name), "--c", "10")
    expect(code).toBe(0)
  }
})
afterAll(() => folder[Symbol.dispose]())

test("a saved classifier's scores are those of its predictions; the file keeps every sentence", async () => {
  const args = ["evaluate", at("model"), at("test.conll"), "--train", at("train.conll"), "--against", at("towns")]
  const { code, out } = await inProcess(...args, "--json", "--out", at("evaluation.json"), "--resamples", "50")
  expect(code).toBe(0)
  // The stage says its manifest, the command the scores.
  const told = JSON.parse(out.trim().split("\n").at(-1)!)
  const { scored, ...kept } = (await Bun.file(at("evaluation.json")).json()) as EvaluationFile
  expect(told).toEqual(kept)

  const gold = await readDataset(at("test.conll"))
  const classifier = await loadClassifier(at("model"))
  const predicted = (await classifier.predictWords(gold)).map((entities) => ({ entities }))
  classifier.dispose()
  expect(scored).toEqual(
    gold.map(({ entities, words }, i) => ({ words, gold: entities, predicted: predicted[i]!.entities }))
  )
  const { micro, types } = scores(countEntities(gold, predicted))
  expect(kept.strict.f1).toBeCloseTo(micro.f1, 12)
  for (const name of ["strict", "boundary", "partial", "type"] as const) expect(kept[name].f1).toBeGreaterThanOrEqual(0)
  expect(kept.byType.person).toMatchObject({ ...types.person!, strict: { f1: types.person!.f1 } })
  expect(kept.interval).toMatchObject({ estimate: micro.f1, units: 3, resamples: 50 })
  expect(kept.byFrequency!.reduce((sum, { support }) => sum + support, 0)).toBe(5)
  expect(kept.calibration!.bins.reduce((sum, { count }) => sum + count, 0)).toBe(micro.predicted)
  expect(kept.against).toMatchObject({ model: at("towns"), a: micro.f1 })
  expect(kept.against!.difference).toBeGreaterThan(0)
  expect(existsSync(at("evaluation.html"))).toBe(true)

  // The report finds the manifest beside it.
  expect((await inProcess("report", at("evaluation.json"), "-o", at("report.html"))).code).toBe(0)
  const page = await Bun.file(at("report.html")).text()
  for (const part of ["evaluate: evaluation.json", "Scores", "Calibration", "<b>gold</b>", "all, macro"]) {
    expect(page).toContain(part)
  }
  expect(await inProcess("report", at("test.conll"))).toMatchObject({
    code: 1,
    err: expect.stringContaining("no manifest")
  })
})

test("the tables name every type, measure and error; --types leaves the others out", async () => {
  const { code, out } = await inProcess(
    "evaluate",
    at("model"),
    at("test.conll"),
    "--types",
    "town",
    "--resamples",
    "20"
  )
  expect(code).toBe(0)
  for (const row of ["| town ", "| strict ", "| boundary ", "| partial ", "| type ", "| all, micro "]) {
    expect(out).toContain(row)
  }
  expect(out).not.toContain("person")
  expect(out).toContain("Expected calibration error")
})

test("what evaluate cannot score is told in one line with its remedy", async () => {
  for (const [args, words] of [
    [
      ["evaluate", "--encoder", at("base")],
      ["encoder", "nuner probe"]
    ],
    [["evaluate", at("model")], ["nuner evaluate MODEL FILE"]],
    [
      ["evaluate", at("nowhere"), at("test.conll")],
      ["nowhere", "no NER model", "nuner fit"]
    ],
    [
      ["evaluate", at("model"), at("test.conll"), "--types", "ship"],
      ["test.conll", "no entity of ship"]
    ]
  ] as const) {
    const { code, err } = await inProcess(...args)
    expect(code).toBe(1)
    for (const word of words) expect(err.trim().split("\n").at(-1)).toContain(word)
  }
})
