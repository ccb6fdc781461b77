import { describe, expect, test } from "bun:test"
import { markText, toSpans } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import { entityMicro } from "@nuner/metrics"
import { leakCheck, tempDir } from "@nuner/testing"
import { foundUnseen } from "../src/fewShot/chooseProbe.ts"
import type { ProbeSetting, Trial } from "../src/fewShot/probeTrials.ts"
import {
  type Example,
  type FewShotInput,
  type FewShotModel,
  type FewShotProgress,
  fewShot,
  fitProbe,
  fitTransitions,
  loadClassifier,
  saveClassifier,
  type TypeScores,
  wordFeatures
} from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

const sentences = toySentences(40, 1)
const text = "the train left Oslo early while Chidi waited near New Quito ."

const spans = sentences.map(toSpans)
/** Sentences as people write examples. */
const marked = spans.map(({ entities, text }) => markText(text, entities))

test("examples in brackets give a model that says what it will score, and is the same after save and load", async () => {
  const encoder = toyEncoder()
  using dir = tempDir()
  await leakCheck(async () => {
    const stages = new Set<string>()
    const model = await fewShot({ examples: marked, encoder, onProgress: ({ stage }) => stages.add(stage) })
    expect(model.mode).toBe("probe")
    expect([...stages]).toEqual(["encode", "choose"])
    const { expected, setting, tried } = model
    expect(expected!.examples).toBe(40)
    expect(expected!.f1).toBeGreaterThan(0.5)
    expect(expected!.low).toBeLessThanOrEqual(expected!.f1)
    expect(expected!.high).toBeGreaterThanOrEqual(expected!.f1)
    expect(tried.map(({ setting }) => setting)).toContainEqual(setting)
    expect(new Set(tried.map(({ setting }) => setting.layers.join())).size).toBe(2)
    expect(new Set(tried.map(({ setting }) => setting.scheme)).size).toBe(2)
    const [found] = await model.predict([text])
    expect(found!.map(({ text, type }) => `${text}: ${type}`)).toContain("Oslo: place")
    await saveClassifier(dir.file("model"), model)
    const loaded = await loadClassifier(dir.file("model"))
    expect(loaded.transitions).toEqual(model.transitions)
    expect((await loaded.predict([text]))[0]!.map(({ end, start, type }) => ({ end, start, type }))).toEqual(
      found!.map(({ end, start, type }) => ({ end, start, type }))
    )
    loaded.dispose()
    model.dispose()
  })
  // The encoder that was given is still the caller's.
  expect(encoder.parameters["embeddings.word_embeddings.weight"]!.isDisposed).toBe(false)
  encoder.dispose()
})

test("what is given is taken, and examples come in three forms that say the same", async () => {
  const encoder = toyEncoder()
  const given = { layers: [0, -1], scheme: "IOBES", c: 1, transitions: 0 } as const
  const models = []
  for (const examples of [sentences, marked, spans]) models.push(await fewShot({ examples, encoder, ...given }))
  for (const { expected, setting, tried } of models) {
    expect(setting).toEqual({ ...given, names: false })
    expect(tried).toHaveLength(1)
    expect(expected).toEqual(models[0]!.expected)
  }
  encoder.dispose()
})

test("examples that stand there several times are held out together", async () => {
  const encoder = toyEncoder()
  const once = sentences.slice(0, 12)
  const f1 = async (examples: typeof once) => (await fewShot({ examples, encoder, layers: [-1] })).expected!.f1
  const [first, thrice] = [await f1(once), await f1([...once, ...once, ...once])]
  expect(first).toBeLessThan(0.9)
  expect(thrice).toBeLessThan(0.9)
  // Copies are no more examples than one is.
  const few = ["[Alma|person] left .", "[Emil|person] left ."]
  expect((await fewShot({ examples: [...few, ...few, ...few], encoder })).expected).toBeUndefined()
  encoder.dispose()
})

test("fine-tuning is tried where examples and time allow, and taken where it is better on held-out ones", async () => {
  const encoder = toyEncoder()
  const asked = { examples: sentences, encoder, epochs: 1, learningRate: 1e-6, layers: [-1], scheme: "BIO" } as const
  const modes = async (more: object) => (await fewShot({ ...asked, ...more })).tried.map(({ mode }) => mode)
  expect(await modes({ fullFrom: 41 })).not.toContain("full")
  expect(await modes({ fullFrom: 40, seconds: 1e-9 })).not.toContain("full")
  expect(await modes({ fullFrom: 40, seconds: 100, epochs: 1e9 })).not.toContain("full")
  const tried = await fewShot({ ...asked, fullFrom: 40, seconds: 1e9 })
  expect(tried.tried.at(-1)!.mode).toBe("full")
  // One timid pass learns nothing.
  expect(tried.mode).toBe("probe")
  const full = await fewShot({ ...asked, mode: "full" })
  expect(full.mode).toBe("full")
  expect(full.encoder).not.toBe(encoder)
  full.dispose()
  // It is decoded with learned transitions, unless others are asked for.
  const strict = await fewShot({ ...asked, mode: "full", transitions: 0 })
  expect(full.transitions).toEqual(fitTransitions(sentences, full.head.classes, "BIO", { weight: 0.35 }))
  expect(strict.transitions).not.toEqual(full.transitions)
  strict.dispose()
  encoder.dispose()
})

test("fine-tuning that is cut short goes on from its checkpoints, the trial's and the last one's apart", async () => {
  const encoder = toyEncoder()
  using dir = tempDir()
  // A probe that may learn nothing, so that fine-tuning is better.
  const probe = { layers: [-1], scheme: "BIO", c: 1e-9 } as const
  const fit = { examples: sentences, encoder, ...probe, fullFrom: 40, seconds: 1e9, epochs: 4, learningRate: 1e-2 }
  const numbers = (model: FewShotModel) => {
    expect(model.mode).toBe("full")
    model.dispose()
    return [model.head.kernel, model.expected]
  }
  const updates = async (more: Partial<FewShotInput>) => {
    const made: Array<string> = []
    const cut = new AbortController()
    const onProgress = ({ done, of, stage }: FewShotProgress) => {
      if (stage === "train") made.push(`${done} of ${of}`)
      if (made.length === 27) cut.abort(new Error("cut"))
    }
    const model = await fewShot({ ...fit, ...more, signal: cut.signal, onProgress }).catch(() => undefined)
    return { made, numbers: model && numbers(model) }
  }
  const whole = numbers(await fewShot(fit))
  const first = await updates({ checkpoints: dir.path })
  // 32 of the examples to try it, then all 40, in batches of 8.
  expect([first.made[15], first.made[16], first.numbers]).toEqual(["16 of 16", "1 of 20", undefined])
  // Also where it would not begin.
  const second = await updates({ checkpoints: dir.path, seconds: 1e-9 })
  expect(second).toEqual({ made: [12, 13, 14, 15, 16, 17, 18, 19, 20].map((n) => `${n} of 20`), numbers: whole })
  encoder.dispose()
}, 60_000)

test("each option of full does something, and pooling reads words otherwise", async () => {
  const encoder = toyEncoder()
  const ofManySubTokens = { words: ["Zywxvut", "left"], entities: [{ start: 0, end: 1, type: "person" }] }
  const examples = [...sentences.slice(0, 7), ofManySubTokens]
  const asked = { examples, encoder, mode: "full", epochs: 3, learningRate: 1e-3, scheme: "BIO", layers: [-1] } as const
  const kernel = async (more: object): Promise<string> => {
    let steps = 0
    const model = await fewShot({
      ...{ ...asked, ...more },
      onProgress: ({ of, stage }) => {
        if (stage === "train") steps = of
      }
    })
    model.dispose()
    return `${steps} ${model.pooling} ${model.head.kernel.slice(0, 8)}`
  }
  const plain = await kernel({})
  expect(await kernel({})).toBe(plain)
  expect(plain).toStartWith("3 mean ")
  const first = await kernel({ pooling: "first" })
  expect(first).toStartWith("3 first ")
  expect(await kernel({ epochs: 5 })).toStartWith("5 mean ")
  const others = [
    await kernel({ learningRate: 1e-2 }),
    await kernel({ seed: 1 }),
    first.replace("first", "mean"),
    plain
  ]
  expect(new Set(others).size).toBe(4)
  encoder.dispose()
})

test("too few examples to hold any out: a model without a promise; none at all, or a broken mark, are refused", async () => {
  const encoder = toyEncoder()
  const model = await fewShot({ examples: ["[Alma|person] left [Oslo|place] ."], encoder })
  expect(model.expected).toBeUndefined()
  expect(model.tried).toEqual([])
  await expect(fewShot({ examples: [], encoder })).rejects.toThrow("examples: are none")
  await expect(fewShot({ examples: ["Alma left"], encoder })).rejects.toThrow("have no entity")
  await expect(fewShot({ examples: ["[Alma| ] left"], encoder })).rejects.toThrow('examples[0]: "[Alma| ]" has no type')
  await expect(fewShot({ examples: marked, encoder, folds: 1 })).rejects.toThrow("folds")
  const refused = (example: unknown, message: string) =>
    expect(fewShot({ examples: [example as Example], encoder })).rejects.toThrow(message)
  for (const broken of ["[Alma|person in Oslo met [Bob|person].", "[[Alma|person] Inc|org]", "[Alma|person|place] y"]) {
    await refused(broken, "examples[0]: has a bracket and a bar that are no mark (write [text|type], and \\[ for")
  }
  await refused(
    { text: "Alma left", entities: [{ start: 0, end: 4, label: "person" }] },
    "examples[0]: entities[0].type: "
  )
  await refused({ text: "Alma left", entities: [{ start: 0, end: 4, type: "" }] }, "examples[0]: entities[0].type: ")
  await refused({ text: "Alma left" }, "[] where there are none")
  await refused({ words: ["Alma"], entities: [{ start: 0, end: 1 }] }, "examples[0]: entities[0].type: ")
  await refused(
    { text: "Alma left", entities: [{ start: 1, end: 4, type: "person" }] },
    "(label whole words, and none twice)"
  )
  await refused(
    {
      text: "Alma left",
      entities: [0, 1].map(() => ({ start: 0, end: 4, type: "p" })).concat({ start: 0, end: 9, type: "p" })
    },
    "(label whole words, and none twice)"
  )
  encoder.dispose()
})

describe("names", () => {
  /** What a probe knows after many sentences, as if the types' names had told it. */
  const told = async (encoder: Encoder) => {
    const many = toySentences(200, 3)
    const { head } = fitProbe(await wordFeatures(encoder, many, { pooling: "mean" }), many, { c: 10 })
    const column = (class_: number) => head.kernel.filter((_, i) => i % head.classes.length === class_)
    const [none, ...types] = head.classes.map((name, k) => ({ name, weights: column(k), bias: head.bias[k]! }))
    return new Map(
      types.map(({ bias, name, weights }) => [
        name,
        { weights: weights.map((weight, j) => weight - none!.weights[j]!), bias: bias - none!.bias }
      ])
    )
  }

  test("are where the weights begin: four examples and the names find what four examples do not", async () => {
    const encoder = toyEncoder()
    const scores = await told(encoder)
    const asked: Array<ReadonlyArray<string>> = []
    const names = async (types: ReadonlyArray<string>) => {
      asked.push(types)
      return scores
    }
    const test = toySentences(50, 5)
    const f1 = async (names?: FewShotInput["names"]) => {
      const model = await fewShot({ examples: sentences.slice(0, 4), encoder, names, mode: "probe" })
      expect(model.setting.names).toBe(names !== undefined)
      return entityMicro(
        test,
        (await model.predictWords(test)).map((entities) => ({ entities }))
      ).f1
    }
    await leakCheck(async () => expect(await f1(names)).toBeGreaterThan((await f1()) + 0.2))
    expect(asked.map((types) => [...types].sort())).toEqual([["person", "place"]])
    encoder.dispose()
  })

  test("that mislead are left where held-out examples show it", async () => {
    const encoder = toyEncoder()
    const scores = await told(encoder)
    const wrong = new Map(
      [...scores].map(([, { bias, weights }], i) => [
        ["place", "person"][i]!,
        { weights: weights.map((x) => 9 * x), bias: 9 * bias }
      ])
    )
    const choice = async (scores: TypeScores) => {
      const { setting, tried } = await fewShot({
        examples: sentences,
        encoder,
        names: async () => scores,
        mode: "probe"
      })
      expect(new Set(tried.map(({ setting }) => setting.names))).toEqual(new Set([true, false]))
      return setting.names
    }
    expect(await choice(scores)).toBe(true)
    expect(await choice(wrong)).toBe(false)
    encoder.dispose()
  })
})

test("what is expected is scored by choices that did not see it", () => {
  const of = (type: string) => [{ start: 0, end: 1, type }]
  const truth = Array.from({ length: 4 }, (_, i) => ({ words: [`w${i}`], entities: of("a") }))
  const setting: ProbeSetting = { layers: [-1], scheme: "BIO", c: 1, transitions: 0, names: false }
  const trial = (c: number, right: ReadonlyArray<number>): Trial<ProbeSetting> => ({
    setting: { ...setting, c },
    found: truth.map((_, i) => of(right.includes(i) ? "a" : "b"))
  })
  // The first is right in fold 0 alone, the second in fold 1 alone: each is chosen for the fold where it is wrong.
  const found = foundUnseen(truth, [trial(1, [0, 2]), trial(2, [1, 3])], 2)
  expect(found).toEqual(truth.map(() => of("b")))
})
