import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readManifest, rng, writeJsonl } from "@nuner/core"
import { type Encoder, loadEncoder } from "@nuner/encoder"
import { nuner, Progress } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { Effect } from "effect"
import { lossCurve } from "../src/report/lossCurve.ts"
import { readTrainingLog, trainingLog } from "../src/services/trainingLog.ts"
import { trainModel } from "../src/stages/trainModel.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => join(folder.path, name)
const run = (...args: ReadonlyArray<string>): Promise<number> => Effect.runPromise(nuner(args))

const people = ["Ada", "Blaise", "Carl", "Emmy"]
const towns = ["Paris", "Lima", "Oslo", "Cairo"]
const pairs = (count: number, seed: number) => {
  const random = rng(seed)
  return Array.from({ length: count }, () => [people[random.int(4)]!, towns[random.int(4)]!] as const)
}
/** Words and IO tags. */
const columns = (count: number, seed: number, [person, town]: readonly [string, string]): string =>
  pairs(count, seed)
    .map(([a, b]) => `${a} I-${person}\nsaw O\n${b} I-${town}\n. O\n`)
    .join("\n")

beforeAll(async () => {
  const texts = pairs(40, 1).map(([person, town]) => `${person} saw ${town} .`)
  await saveBase(at("base"), texts, { shape: { hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 34 } })
  writeFileSync(at("gold.conll"), columns(40, 2, ["PER", "LOC"]))
  writeFileSync(at("more.conll"), columns(20, 3, ["PER", "LOC"]))
  writeFileSync(at("other.conll"), columns(30, 4, ["person", "location"]))
  await writeJsonl(
    at("aligned.jsonl"),
    pairs(60, 5).map(([person, town], i) => ({
      id: `s${i}`,
      text: `${person} saw ${town} .`,
      mentions: [
        { start: 0, end: person.length, concept: "person", match: "exact" },
        { start: person.length + 5, end: person.length + 5 + town.length, concept: "city", match: "exact" }
      ]
    }))
  )
})
afterAll(() => folder[Symbol.dispose]())

describe("nuner pretrain", () => {
  const short = ["--preset", "small", "--steps", "6", "--batch-size", "16"]

  test("--objective types: labelled files in, an encoder without a head out", async () => {
    const files = [`gold=${at("gold.conll")}`, `gold=${at("more.conll")}`, `other=${at("other.conll")}`]
    const args = ["pretrain", ...files, "--objective", "types", "--base", at("base"), "--out", at("types"), ...short]
    expect(await run(...args)).toBe(0)
    const { counts } = await readManifest(at("types.manifest.json"))
    expect(counts.sentences).toMatchObject({ in: 90, out: 90 })
    expect(counts.entities).toMatchObject({ in: 180, out: 180 })
    const [start, ...rest] = readTrainingLog(at("types.log.jsonl"))
    expect(start).toMatchObject({
      type: "start",
      classes: ["O", "gold/LOC", "gold/PER", "other/location", "other/person"]
    })
    expect(rest.filter(({ type }) => type === "step")).toHaveLength(6)
    expect(readFileSync(at("types/README.md"), "utf8")).toContain("gold/LOC")
    const [before, after] = [await loadEncoder(at("base")), await loadEncoder(at("types"))]
    const weights = ({ parameters }: typeof before) => parameters["encoder.layer.0.output.dense.weight"]!.dataSync()
    expect(weights(after)).not.toEqual(weights(before))
    for (const encoder of [before, after]) encoder.dispose()
    expect(existsSync(at("types.checkpoints"))).toBe(false)
  })

  test("files without a name are one dataset; options of the other objective are refused by name", async () => {
    const args = ["--objective", "types", "--base", at("base"), ...short]
    expect(await run("pretrain", at("gold.conll"), at("more.conll"), "--out", at("one"), ...args)).toBe(0)
    const [start] = readTrainingLog(at("one.log.jsonl"))
    expect(start).toMatchObject({ classes: ["O", "LOC", "PER"] })
    expect(await run("pretrain", at("gold.conll"), "--out", at("no"), ...args, "--temperature", "5")).toBe(1)
  })

  test("contrastive: every option of the recipe reaches the manifest and the model card", async () => {
    const options = {
      ...{ epsilon: 1e-7, beta1: 0.8, beta2: 0.99, warmup: 0.2, clip: 1, accumulate: 2, dropout: 0.1, maxTokens: 16 },
      ...{ weightDecay: 0.1, frozenLayers: "half", validation: 0.2, validateEvery: 2, weights: "best" },
      ...{ temperature: "sqrt-hidden", bias: "log-odds", conceptPooling: "mean", topConcepts: 2, learningRate: 0.001 }
    }
    const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const flags = Object.entries(options).flatMap(([name, value]) => [dashed(name), String(value)])
    const args = ["pretrain", at("aligned.jsonl"), "--base", at("base"), "--out", at("nuner"), ...short.slice(2)]
    expect(await run(...args, ...flags, "--mask-near-synonyms", "--sentences", "40", "--seed", "3")).toBe(0)
    const { counts, settings } = await readManifest(at("nuner.manifest.json"))
    expect(settings).toMatchObject({ ...options, maskNearSynonyms: true, sampleSize: 40, seed: 3 })
    expect(counts.sentences).toEqual({
      in: 60,
      out: 40,
      dropped: { uninformative: 0, empty: 0, notSampled: 20, rare: 0 }
    })
    expect(counts.annotations).toMatchObject({ in: 120, out: 80 })
    const card = readFileSync(at("nuner/README.md"), "utf8")
    for (const name of Object.keys(options)) expect(card).toContain(name)
    // What the paper leaves open, too.
    for (const choice of [
      /logits \| dot product .* divided by the square root of the width, plus a learned offset/,
      /projection layers \| none/,
      /sub-tokens \| each that a mention overlaps/,
      /concept text \| trimmed/,
      /repeated mentions \| as the sentences came/,
      /overlapping mentions \| as the sentences came/,
      /long sentences \| windows of 16 tokens/,
      /batches without a concept \| skipped/,
      /missing annotations \| negatives, but near-synonyms/
    ])
      expect(card).toMatch(choice)
    const head = Bun.YAML.parse(card.split("---\n")[1]!) as Record<string, unknown>
    expect(JSON.stringify(head["model-index"])).toContain("AUC of token and concept")
    expect(card).toContain("- aligned.jsonl: 60 sentences")
    const log = readTrainingLog(at("nuner.log.jsonl"))
    expect(log.find(({ type }) => type === "step")!.metrics).toMatchObject({
      positiveRate: expect.any(Number),
      positiveLogit: expect.any(Number),
      negativeLogit: expect.any(Number),
      saturated: expect.any(Number)
    })
    expect(log.findLast(({ type }) => type === "validation")!.scores).toMatchObject({
      precision: expect.any(Number),
      recall: expect.any(Number),
      auc: expect.any(Number)
    })
    expect(readFileSync(at("nuner.loss.svg"), "utf8")).toContain("validation")
  })
})

test("nuner concepts: a sample, its most frequent concepts, and the sentences that have none of them", async () => {
  const flags = ["--sentences", "20", "--top", "1", "--empty", "keep", "--seed", "3"]
  expect(await run("concepts", at("aligned.jsonl"), "--out", at("chosen.jsonl"), ...flags)).toBe(0)
  const { counts } = await readManifest(at("chosen.jsonl.manifest.json"))
  expect(counts.sentences).toEqual({
    in: 60,
    out: 20,
    dropped: { uninformative: 0, empty: 0, notSampled: 40, rare: 0 }
  })
  expect(counts.annotations).toEqual({ in: 120, out: 20, dropped: { uninformative: 0, notSampled: 80, rare: 20 } })
})

describe("nuner pretrain, contrastive", () => {
  const args = (...inputs: ReadonlyArray<string>) =>
    ["pretrain", ...inputs, "--base", at("base"), "--preset", "adapt", "--steps", "3", "--batch-size", "8"] as const

  test("reads several files, and leaves the concept encoder with its tokenizer and its scorer", async () => {
    await writeJsonl(at("second.jsonl"), [
      { id: "x", text: "Ada left.", mentions: [{ start: 0, end: 3, concept: "author", match: "exact" }] },
      { id: "y", text: "Nobody left.", mentions: [] }
    ])
    const out = at("two-files")
    expect(await run(...args(at("aligned.jsonl"), at("second.jsonl")), "--out", out)).toBe(0)
    const { counts } = await readManifest(`${out}.manifest.json`)
    expect(counts.sentences).toMatchObject({ in: 62, out: 61, dropped: { empty: 1 } })
    const [base, text, concept] = [
      await loadEncoder(at("base")),
      await loadEncoder(out),
      await loadEncoder(join(out, "concepts"))
    ]
    const weights = ({ parameters }: typeof base) => parameters["encoder.layer.1.output.dense.weight"]!.dataSync()
    expect(weights(concept)).not.toEqual(weights(base))
    expect(weights(concept)).not.toEqual(weights(text))
    expect(concept.tokenizer.json).toBe(base.tokenizer.json)
    for (const encoder of [base, text, concept]) encoder.dispose()
    expect(JSON.parse(readFileSync(join(out, "concepts/scorer.json"), "utf8"))).toEqual({
      similarity: "dot",
      temperature: Math.sqrt(32),
      bias: expect.any(Number),
      conceptPooling: "mean",
      conceptText: "name"
    })
    expect(await run(...args(at("aligned.jsonl")), "--out", out, "--no-concepts")).toBe(0)
    expect(existsSync(join(out, "concepts"))).toBe(false)
    mkdirSync(join(out, "concepts"))
    writeFileSync(join(out, "concepts/mine.ts"), "mine")
    expect(await run(...args(at("aligned.jsonl")), "--out", out)).toBe(1)
    expect(await run(...args(at("aligned.jsonl")), "--out", out, "--projection", "8")).toBe(0)
    expect(readdirSync(join(out, "concepts"))).toEqual(["mine.ts"])
  })
})

describe("nuner base", () => {
  const texts = () => pairs(300, 6).map(([person, town]) => `${person} saw ${town} and wrote about it .`)
  const short = ["--tokens", "2000", "--batch-size", "4", "--row-tokens", "16", "--validate-every", "10"]

  test("every option of language modelling; a log and a curve beside the model", async () => {
    writeFileSync(at("texts.txt"), texts().join("\n"))
    const options = { warmup: 0.1, decay: 0.2, weightDecay: 0, clip: 2, dropout: 0.1, maskRate: 0.2, validation: 0.1 }
    const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const flags = Object.entries({ ...options, causal: 0.5, lowercase: 0.2, initRange: 0.1 })
    const shape = ["--hidden", "32", "--layers", "1", "--vocab-size", "300", "--window", "32", "--whole-words"]
    const args = ["base", at("texts.txt"), "--out", at("made"), ...short, ...shape]
    expect(await run(...args, ...flags.flatMap(([name, value]) => [dashed(name), String(value)]))).toBe(0)
    const { settings } = await readManifest(at("made.manifest.json"))
    expect(settings).toMatchObject({ ...options, causal: 0.5, lowercase: 0.2, initRange: 0.1, wholeWords: true })
    const log = readTrainingLog(at("made.log.jsonl"))
    expect(log.filter(({ type }) => type === "validation").length).toBeGreaterThan(1)
    expect(readFileSync(at("made.loss.svg"), "utf8")).toContain("<circle")
  })

  test("--from adapts an encoder: its shape and tokenizer stay, the weights move", async () => {
    writeFileSync(at("domain.txt"), texts().join("\n"))
    expect(await run("base", at("domain.txt"), "--from", at("base"), "--out", at("adapted"), ...short)).toBe(0)
    const [start, ...rest] = readTrainingLog(at("adapted.log.jsonl"))
    expect(start).toMatchObject({ causalSteps: 0, headSteps: 4 })
    expect(Math.max(...rest.filter(({ type }) => type === "step").map(({ lr }) => Number(lr)))).toBeCloseTo(1e-4, 8)
    const [before, after] = [await loadEncoder(at("base")), await loadEncoder(at("adapted"))]
    expect(after.config).toEqual(before.config)
    const name = "embeddings.word_embeddings.weight"
    expect(after.parameters[name]!.dataSync()).not.toEqual(before.parameters[name]!.dataSync())
    for (const encoder of [before, after]) encoder.dispose()
    // What was adapted keeps its head, so that none is fitted the next time.
    expect(await run("base", at("domain.txt"), "--from", at("adapted"), "--out", at("again"), ...short)).toBe(0)
    expect(readTrainingLog(at("again.log.jsonl"))[0]).toMatchObject({ headSteps: 0 })
    const shaped = ["--hidden", "64", ...short]
    expect(await run("base", at("domain.txt"), "--from", at("base"), "--out", at("no"), ...shaped)).toBe(1)
    expect(await run("base", at("domain.txt"), "--from", at("base"), "--out", at("no"))).toBe(1)
  })
})

describe("the scores that a model is said to have", () => {
  const start = { type: "start", steps: 3 } as const
  const validation = (step: number, loss: number) => ({ type: "validation", step, scores: { loss } }) as const
  const trained = async (weights: "last" | "best", events: ReadonlyArray<object>, out: string, isKept = true) => {
    let scores: { readonly loss: number } | undefined
    const training = trainModel<typeof start, { readonly loss: number }>({
      ...{ stage: "test", encoder: {} as Encoder, out, dtype: "F32", weights, note: String },
      events: async function* () {
        yield* events as ReadonlyArray<typeof start>
      },
      card: (model) => {
        scores = model.scores
        return ""
      },
      save: async () => {
        if (!isKept) throw new Error("the disk is full")
      }
    })
    await Effect.runPromise(training.pipe(Effect.provide(Progress.silent))).catch(() => {})
    return scores?.loss
  }
  const whole = [start, validation(0, 9), validation(1, 2), validation(2, 1), validation(3, 4)]

  test("are those of the weights that are taken, and none where nothing was held out", async () => {
    expect(await trained("last", whole, at("said"))).toBe(4)
    expect(await trained("best", whole, at("said"))).toBe(1)
    expect(await trained("last", [start, { type: "step", step: 1, loss: 1 }], at("said"))).toBeUndefined()
  })

  test("stay where a run that was done could not be written and goes on", async () => {
    for (const [weights, loss] of [
      ["last", 4],
      ["best", 1]
    ] as const) {
      await trained(weights, whole, at("full"), false)
      const again = [start, { type: "resume", step: 3, path: "" }, validation(3, 4)]
      expect(await trained(weights, again, at("full"))).toBe(loss)
    }
  })
})

describe("trainingLog", () => {
  const events = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({ type: "step", step: from + i, loss: 1 / (from + i) }))
  const write = (path: string, ...lists: ReadonlyArray<ReadonlyArray<{ type: string; step?: number }>>) => {
    const log = trainingLog(path)
    for (const event of lists.flat()) log.write(event)
    log.close()
  }
  const before = [{ type: "start" }, { type: "validation", step: 0 }]

  test("a resumed run goes on behind its checkpoint: each step stands there once", () => {
    const path = at("log/resumed.jsonl")
    write(path, before, events(1, 4), [{ type: "validation", step: 4 }], events(5, 7))
    writeFileSync(path, `${readFileSync(path, "utf8")}{"type":"st`) // cut short in the middle of a line
    write(
      path,
      before.slice(0, 1),
      [
        { type: "resume", step: 4 },
        { type: "validation", step: 4 }
      ],
      events(5, 9)
    )
    const log = readTrainingLog(path)
    expect(log.filter(({ type }) => type === "step").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(log.filter(({ type }) => type === "start" || type === "validation")).toEqual([
      ...before,
      { type: "validation", step: 4 }
    ])
  })

  test("a new run starts anew", () => {
    const path = at("log/new.jsonl")
    write(path, before, events(1, 7))
    write(path, before, events(1, 2))
    expect(readTrainingLog(path)).toEqual([...before, ...events(1, 2)])
  })
})

test("the loss curve puts each loss where it belongs, and no title is markup", () => {
  const training = Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, loss: 2 - i / 1000 }))
  const svg = lossCurve({ title: "a < b", training, validation: [{ step: 500, loss: 1 }] }).markup
  expect(svg).toContain('aria-label="a &#60; b"')
  expect(svg).toContain("<title>validation, optimizer steps 500: 1</title>")
  const circle = /<circle[^>]*>/.exec(svg)![0]
  const at = (name: string) => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(circle)![1])
  // Means of five steps: from 5 to 1000 over the width; the axis of the loss ends at 2, and 1 stands in its middle.
  const [left, right, top, bottom] = [52, 640 - 16 - 6 * "validation".length, 20, 300 - 30]
  expect(at("cx")).toBeCloseTo(left + ((right - left) * (500 - 5)) / 995, 0)
  expect(at("cy")).toBeCloseTo((top + bottom) / 2, 0)
  expect(svg.match(/[ML][\d.]+,[\d.]+/g)!.length).toBeGreaterThanOrEqual(200)
})
