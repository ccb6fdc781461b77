import { describe, expect, test } from "bun:test"
import { readdir } from "node:fs/promises"
import type { LabelledSentence } from "@nuner/core"
import { loadEncoder } from "@nuner/encoder"
import { leakCheck, tempDir } from "@nuner/testing"
import {
  decode,
  fitProbe,
  labelsOf,
  loadClassifier,
  predictFeatures,
  saveClassifier,
  type TokenClassifier,
  tokenClassifier,
  wordFeatures
} from "../src/index.ts"
import { schemeOf } from "../src/labels/classes.ts"
import { toyEncoder, toySentences } from "./toy.ts"

const train = toySentences(150, 1)
const test1 = toySentences(40, 2)

type Options = Pick<Parameters<typeof tokenClassifier>[0], "layers" | "pooling" | "scheme">

const probe = async ({ layers = [-1], pooling = "first", scheme = "bare" }: Options = {}): Promise<TokenClassifier> => {
  const encoder = toyEncoder()
  const features = await wordFeatures(encoder, train, { layers, pooling })
  const { head } = fitProbe(features, train, { scheme, c: 1 })
  return tokenClassifier({ encoder, head, layers, pooling, scheme })
}

/** F1 of exact entities. */
const f1 = (truth: ReadonlyArray<LabelledSentence>, predicted: ReadonlyArray<LabelledSentence["entities"]>): number => {
  const keys = (all: ReadonlyArray<LabelledSentence["entities"]>) =>
    new Set(all.flatMap((entities, i) => entities.map(({ start, end, type }) => `${i} ${start} ${end} ${type}`)))
  const [gold, got] = [keys(truth.map(({ entities }) => entities)), keys(predicted)]
  return (2 * [...got].filter((key) => gold.has(key)).length) / (gold.size + got.size)
}

describe("decode", () => {
  const p = (...rows: Array<Array<number>>) => Float32Array.from(rows.flat())

  test("bare: runs of a type, scored by its mean probability; ties go to the first class", () => {
    const classes = ["O", "a", "b"]
    const values = p([0.2, 0.7, 0.1], [0.1, 0.5, 0.4], [0.1, 0.1, 0.8], [0.9, 0.1, 0], [0.4, 0.4, 0.2], [0, 0.5, 0.5])
    const found = decode(values, classes)
    expect(found.map(({ start, end, type }) => [start, end, type])).toEqual([
      [0, 2, "a"],
      [2, 3, "b"],
      [5, 6, "a"]
    ])
    expect(found[0]!.score).toBeCloseTo(0.6)
    expect(found[2]!.score).toBeCloseTo(0.5)
  })

  test("BIO: neighbours stay apart, a stray I- starts an entity, B- and I- of a type count together", () => {
    const classes = ["O", "B-a", "I-a", "B-b", "I-b"]
    const one = (best: number) => classes.map((_, k) => (k === best ? 0.6 : 0.1))
    const found = decode(p(one(1), one(1), one(2), one(0), one(4), one(2)), classes, "BIO")
    expect(found.map(({ start, end, type }) => [start, end, type])).toEqual([
      [0, 1, "a"],
      [1, 3, "a"],
      [4, 5, "b"],
      [5, 6, "a"]
    ])
    for (const { score } of found) expect(score).toBeCloseTo(0.7)
    expect(decode(new Float32Array(0), classes, "BIO")).toEqual([])
  })

  test("of others' labels: BIO where a type has B- and another prefix, special tokens are no entity's, types without a prefix go on", () => {
    const sets: Array<[string, Array<string>]> = [
      ["BIO", ["O", "B-a", "I-a"]],
      ["BIO", ["O", "I-a", "I-b"]],
      ["BIO", ["[PAD]", "O", "B-a", "I-a", "S-a", "X", "[CLS]", "[SEP]"]],
      ["BIO", ["O", "B-a", "M-a", "E-a", "S-a", "b"]],
      ["bare", ["O", "S-Bahn", "E-Mail"]],
      ["bare", ["O", "a", "B-b"]]
    ]
    for (const [scheme, labels] of sets) expect([labels, schemeOf(labels)]).toEqual([labels, scheme as "BIO"])
    const classes = ["[PAD]", "O", "B-a", "M-a", "E-a", "S-a", "b", "X"]
    const one = (best: number) => classes.map((_, k) => (k === best ? 1 : 0))
    const found = decode(p(...[2, 3, 4, 5, 0, 6, 6, 7, 1, 2].map(one)), classes, schemeOf(classes))
    expect(found.map(({ end, start, type }) => [start, end, type])).toEqual([
      [0, 3, "a"],
      [3, 4, "a"],
      [5, 7, "b"],
      [9, 10, "a"]
    ])
  })

  test("labelsOf: an ignored word has no class, whatever its entity", () => {
    const entities = [
      { start: 1, end: 4, type: "city" },
      { start: 4, end: 5, type: "person" }
    ]
    const some = [
      { words: ["a", "b", "c", "d", "e", "f"], entities, ignored: [2, 4] },
      { words: ["g"], entities: [], ignored: [0] }
    ]
    expect([...labelsOf(some, ["O", "city", "person"])]).toEqual([0, 1, -1, 1, -1, 0, -1])
  })

  test("is the inverse of labelsOf", () => {
    const classes = ["O", "B-person", "I-person", "B-place", "I-place"]
    const labels = labelsOf(train, classes, "BIO")
    let at = 0
    for (const { words, entities } of train) {
      const oneHot = new Float32Array(words.length * 5)
      for (let w = 0; w < words.length; w++) oneHot[w * 5 + labels[at++]!] = 1
      expect(decode(oneHot, classes, "BIO").map(({ score: _, ...entity }) => entity)).toEqual([...entities])
    }
  })
})

describe("a probe on a random encoder", () => {
  for (const options of [{}, { pooling: "mean" }, { layers: [-1, 0], scheme: "BIO" }] as Array<Options>) {
    test(`learns labels that words decide: ${JSON.stringify(options)}`, () =>
      leakCheck(async () => {
        const classifier = await probe(options)
        const predicted = await classifier.predictWords(test1)
        expect(f1(test1, predicted)).toBeGreaterThan(0.9)
        const features = await wordFeatures(classifier.encoder, test1, {
          layers: classifier.layers,
          pooling: classifier.pooling
        })
        expect(predictFeatures(classifier, features)).toEqual(predicted)
        classifier.dispose()
      }))
  }

  test("finds spans in texts, in UTF-16 units, by score", () =>
    leakCheck(async () => {
      const classifier = await probe()
      const text = "😀 the train left New Oslo today, while Alma waited"
      const [found, none] = await classifier.predict([text, ""])
      expect(none).toEqual([])
      expect(found!.map(({ text, type }) => [text, type])).toEqual([
        ["New Oslo", "place"],
        ["Alma", "person"]
      ])
      for (const { start, end, text: span, score } of found!) {
        expect(text.slice(start, end)).toBe(span)
        expect(score).toBeGreaterThan(0.5)
        expect(score).toBeLessThanOrEqual(1)
      }
      const best = Math.max(...found!.map(({ score }) => score))
      expect((await classifier.predict([text], { minScore: best }))[0]!.length).toBe(1)
      await expect(classifier.predict(text as never)).rejects.toThrow('predict: option "texts": is no list')
      classifier.dispose()
      await expect(classifier.predict([text])).rejects.toThrow('predict: option "model": was disposed')
    }))

  test("reads a text of any length", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const long = toySentences(30, 1, 60)
      const { head } = fitProbe(await wordFeatures(encoder, long), long, { c: 1 })
      const classifier = tokenClassifier({ encoder, head })
      const [sentence] = toySentences(1, 2, 200)
      const [found] = await classifier.predict([sentence!.words.join(" ")])
      const spans = (entities: ReadonlyArray<{ text: string; type: string }>) =>
        entities.map((e) => `${e.type} ${e.text}`)
      const gold = sentence!.entities.map(({ start, end, type }) => ({
        type,
        text: sentence!.words.slice(start, end).join(" ")
      }))
      expect(gold.length).toBeGreaterThan(25)
      expect(spans(found!)).toEqual(spans(gold))
      classifier.dispose()
    }))

  test("refuses parts that do not fit together", async () => {
    const classifier = await probe()
    expect(() => tokenClassifier({ ...classifier, layers: [-1, -2] })).toThrow('"head": takes vectors of 64, 2 x 64')
    for (const layer of [7, 3, -4, 0.5]) {
      expect(() => tokenClassifier({ ...classifier, layers: [layer] })).toThrow(`"layers": ${layer} is not in -3..2`)
    }
    expect(() => tokenClassifier({ ...classifier, temperature: 0 })).toThrow('"temperature"')
    expect(() => tokenClassifier({ ...classifier, scheme: "BIO" })).toThrow(
      '"scheme": is "BIO", which the classes O, person'
    )
    const { encoder, head } = await probe({ scheme: "BIO" })
    expect(() => tokenClassifier({ encoder, head })).toThrow('"scheme": is "bare", which the classes O, B-person')
    encoder.dispose()
    classifier.dispose()
  })
})

describe("a model directory", () => {
  for (const options of [{}, { layers: [-1, 0], pooling: "mean" }, { scheme: "BIO" }] as Array<Options>) {
    test(`gives the same predictions when loaded: ${JSON.stringify(options)}`, () =>
      leakCheck(async () => {
        using dir = tempDir()
        const classifier = tokenClassifier({ ...(await probe(options)), temperature: 1.7 })
        const before = await classifier.predictWords(test1)
        await saveClassifier(dir.file("model"), classifier)
        const loaded = await loadClassifier(dir.file("model"))
        expect(await loaded.predictWords(test1)).toEqual(before)
        expect(loaded.head).toEqual(classifier.head)
        // Over an existing one of the other layout: nothing of it stays.
        const other = await probe(options.layers ? {} : { layers: [0] })
        await Bun.write(dir.file("model/adapter/src/db.ts"), "mine")
        await saveClassifier(dir.file("model"), other)
        const again = await loadClassifier(dir.file("model"))
        expect(await again.predictWords(test1)).toEqual(await other.predictWords(test1))
        expect((await readdir(dir.path)).length).toBe(1)
        expect(await Bun.file(dir.file("model/adapter/src/db.ts")).text()).toBe("mine")
        for (const one of [classifier, loaded, other, again]) one.dispose()
      }))
  }

  test("is the Hugging Face layout, and one without nuner.json is read by what config.json says", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const classifier = await probe({ scheme: "BIO" })
      await saveClassifier(dir.path, classifier)
      const config = await Bun.file(dir.file("config.json")).json()
      expect(config.architectures).toEqual(["RobertaForTokenClassification"])
      expect(config.id2label).toEqual({ 0: "O", 1: "B-person", 2: "I-person", 3: "B-place", 4: "I-place" })
      await Bun.file(dir.file("nuner.json")).delete()
      const foreign = await loadClassifier(dir.path)
      expect(foreign.scheme).toBe("BIO")
      expect(await foreign.predictWords(test1)).toEqual(await classifier.predictWords(test1))
      for (const one of [classifier, foreign]) one.dispose()
    }))

  test("of labels that are not all B- or I- has a class a type, whatever hyphens their names have", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const classifier = await probe({ scheme: "BIO" })
      await saveClassifier(dir.path, classifier)
      await Bun.file(dir.file("nuner.json")).delete()
      await edited(dir.file("config.json"), (json) => {
        json.id2label = { 0: "O", 1: "B-cell", 2: "person", 3: "S-bahn", 4: "place" }
        delete json.label2id
      })
      const foreign = await loadClassifier(dir.path)
      expect(foreign.scheme).toBe("bare")
      await edited(dir.file("config.json"), (json) => {
        json.id2label = { ...(json.id2label as object), 0: "none" }
      })
      await expect(loadClassifier(dir.path)).rejects.toThrow('names no label "O" (none, B-cell, person, S-bahn, place)')
      for (const one of [classifier, foreign]) one.dispose()
    }))

  test("with layers beyond the last is an encoder that loads by itself", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const classifier = await probe({ layers: [-1, 0] })
      await saveClassifier(dir.path, classifier)
      const encoder = await loadEncoder(dir.path)
      expect(encoder.unused).toEqual([])
      for (const one of [classifier, encoder]) one.dispose()
    }))

  test("of a ModernBERT has its head beside an encoder: Python's class has a hidden layer before the labels", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const encoder = toyEncoder({ architecture: "modernbert" })
      const features = await wordFeatures(encoder, train, { layers: [-1], pooling: "first" })
      const { head } = fitProbe(features, train, { scheme: "bare", c: 1 })
      const classifier = tokenClassifier({ encoder, head })
      await saveClassifier(dir.path, classifier)
      expect((await Bun.file(dir.file("config.json")).json()).architectures).toEqual(["ModernBertModel"])
      const [alone, loaded] = [await loadEncoder(dir.path), await loadClassifier(dir.path)]
      expect(alone.unused).toEqual([])
      expect(await loaded.predictWords(test1)).toEqual(await classifier.predictWords(test1))
      for (const one of [classifier, alone, loaded]) one.dispose()
    }))

  const edited = async (path: string, change: (json: Record<string, unknown>) => void) => {
    const json = await Bun.file(path).json()
    change(json)
    await Bun.write(path, JSON.stringify(json))
  }

  test("is never written with a head that is no numbers", () =>
    leakCheck(async () => {
      using dir = tempDir()
      for (const layers of [[-1], [-1, 0]]) {
        const classifier = await probe({ layers })
        const kernel = Float32Array.from(classifier.head.kernel).fill(Number.NaN, 1, 2)
        const file = layers.length === 1 ? "model.safetensors" : "head.safetensors"
        await expect(
          saveClassifier(dir.file("model"), { ...classifier, head: { ...classifier.head, kernel } })
        ).rejects.toThrow(`${dir.file("model")}/${file}: tensor "classifier.weight": holds NaN`)
        await expect(saveClassifier(dir.file("model"), { ...classifier, temperature: Number.NaN })).rejects.toThrow(
          'saveClassifier: option "temperature"'
        )
        expect(await readdir(dir.path)).toEqual([])
        classifier.dispose()
      }
    }))

  test("that is damaged, or of two models, is refused by file and field; nothing leaks", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const [inModel, inFile] = [await probe(), await probe({ layers: [-1, 0] })]
      const cases: Array<[TokenClassifier, (path: string) => Promise<unknown>, string]> = [
        [inModel, (path) => edited(`${path}/nuner.json`, (json) => (json.pooling = "max")), "pooling"],
        [inModel, (path) => edited(`${path}/nuner.json`, (json) => (json.classes = ["O", "x", "y"])), "classes"],
        [inModel, (path) => edited(`${path}/nuner.json`, (json) => (json.format = "9")), "format"],
        [inModel, (path) => Bun.write(`${path}/nuner.json`, "{"), "not JSON"],
        [inModel, (path) => edited(`${path}/nuner.json`, (json) => (json.layers = [0, 1])), '"head"'],
        [inModel, (path) => edited(`${path}/config.json`, (json) => delete json.id2label), "id2label"],
        [inModel, (path) => Bun.write(`${path}/model.safetensors`, "x"), "model.safetensors"],
        [inFile, (path) => Bun.file(`${path}/head.safetensors`).delete(), "head.safetensors: is missing"],
        [inFile, (path) => edited(`${path}/nuner.json`, (json) => (json.classes = ["O", "x"])), "classifier.weight"],
        [inFile, (path) => edited(`${path}/nuner.json`, (json) => (json.headHidden = 5)), "dense.weight"],
        [
          inFile,
          (path) => edited(`${path}/nuner.json`, (json) => (json.head = "model")),
          "classifier.weight: is missing"
        ]
      ]
      for (const [n, [classifier, damage, message]] of cases.entries()) {
        const path = dir.file(`model-${n}`)
        await saveClassifier(path, classifier)
        await damage(path)
        const error = await loadClassifier(path).then(
          () => undefined,
          (cause: Error) => cause
        )
        expect(error?.message, message).toContain(message)
        expect(error!.message).not.toContain("\n")
      }
      await expect(loadClassifier(dir.file("nowhere"))).rejects.toThrow("is not a directory")
      for (const one of [inModel, inFile]) one.dispose()
    }))
})
