import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type LabelledSentence, rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { decodeSupervisedOptions, pretrainSupervised, type SupervisedEvent, type SupervisedInput } from "@nuner/trainer"
import { encoderPass } from "../src/encoderPass.ts"
import { listExamples } from "../src/sentenceWindows.ts"
import { labelledWindows } from "../src/types/labelledWindows.ts"
import { type TypeClasses, typeClasses } from "../src/types/typeClasses.ts"
import { initTypeHead, labelledBatch, scopesOf, type TypeModel, typeLogits, typeLoss } from "../src/types/typeHead.ts"
import { validateTypes } from "../src/types/validateTypes.ts"

const vocabulary = {
  person: ["Ada", "Blaise Pascal", "Carl", "Emmy Noether", "Grace", "Kurt"],
  city: ["Paris", "Lima", "Oslo", "Cairo", "Quito", "New Delhi"]
}

/** Sentences in which the type of a name follows from the name. Every second one lacks the city. */
const corpus = (count: number, seed: number): Array<LabelledSentence> => {
  const random = rng(seed)
  return Array.from({ length: count }, (_, i) => {
    const person = vocabulary.person[random.int(6)]!.split(" ")
    const city = i % 2 === 0 ? vocabulary.city[random.int(6)]!.split(" ") : ["them"]
    const words = [...person, "wrote", "about", ...city, "often", "."]
    const from = person.length + 2
    return {
      words,
      entities: [
        { start: 0, end: person.length, type: "person" },
        ...(i % 2 === 0 ? [{ start: from, end: from + city.length, type: "city" }] : [])
      ]
    }
  })
}

let tokenizer: Tokenizer
const encoders: Array<Encoder> = []
const encoder = (seed = 1): Encoder => {
  const config = small({ hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 34 })
  const made = randomEncoder(config, tokenizer, seed)
  encoders.push(made)
  return made
}
beforeAll(async () => {
  await testEngine()
  const texts = corpus(50, 9).map(({ words }) => words.join(" "))
  tokenizer = await trainByteLevelBpe(texts, { vocabSize: 320 })
})
afterAll(() => {
  for (const made of encoders) made.dispose()
})

const events = async (input: SupervisedInput): Promise<Array<SupervisedEvent>> => {
  const out: Array<SupervisedEvent> = []
  for await (const event of pretrainSupervised(input)) out.push(event)
  return out
}
const weightsOf = ({ parameters }: Encoder) =>
  Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, [...parameter.dataSync()]]))

const settings = { preset: "small", batchSize: 8, steps: 6, dropout: 0.1, seed: 5 } as const
const windowsOf = (dataset: string, sentences: ReadonlyArray<LabelledSentence>, classes: TypeClasses, maxTokens = 32) =>
  labelledWindows(
    sentences.map((sentence) => ({ dataset, sentence })),
    classes,
    { tokenizer, maxTokens, subTokens: "all" }
  )

describe("labelledWindows", () => {
  test("of first sub-tokens only, one a word has its class", async () => {
    const sentences = corpus(6, 1)
    const classes = typeClasses({ "": sentences })
    const items = sentences.map((sentence) => ({ dataset: "", sentence }))
    const made = await labelledWindows(items, classes, { tokenizer, maxTokens: 32, subTokens: "first" })
    for (const [i, { labelled }] of made.entries()) {
      const { entities, words } = sentences[i]!
      const typeOf = (word: number) => entities.find(({ end, start }) => start <= word && word < end)?.type ?? "O"
      const counted = labelled.flatMap(({ labels }) => [...labels.filter((label) => label >= 0)])
      expect(counted.map((label) => classes.names[label]!)).toEqual(words.map((_, word) => typeOf(word)))
    }
  })

  test("every sub-token of an entity's words has its class, special tokens none", async () => {
    const sentences = corpus(6, 1)
    const classes = typeClasses({ "": sentences })
    expect(classes.names).toEqual(["O", "city", "person"])
    const windows = (await windowsOf("", sentences, classes)).flatMap(({ labelled }) => [...labelled])
    for (const [i, { ids, labels }] of windows.entries()) {
      expect([labels[0], labels.at(-1)]).toEqual([-100, -100])
      const { words, entities } = sentences[i]!
      for (const { end, start, type } of entities) {
        const mine = ids.filter((_, t) => labels[t] === classes.names.indexOf(type))
        expect(tokenizer.tokens(mine).join("").replaceAll("Ġ", " ").trim()).toBe(words.slice(start, end).join(" "))
      }
    }
  })

  test("a long sentence becomes windows; each of its tokens counts once", async () => {
    const [sentence] = corpus(1, 3)
    const words = Array.from({ length: 10 }, () => sentence!.words).flat()
    const entities = Array.from({ length: 10 }, (_, i) => i * sentence!.words.length).flatMap((shift) =>
      sentence!.entities.map(({ end, start, type }) => ({ start: start + shift, end: end + shift, type }))
    )
    const long = [{ words, entities }]
    const [whole] = await windowsOf("", long, typeClasses({ "": long }), 1000)
    const [cut] = await windowsOf("", long, typeClasses({ "": long }), 20)
    expect(whole!.labelled).toHaveLength(1)
    expect(cut!.labelled.length).toBeGreaterThan(1)
    const counted = (one: typeof whole) => one!.labelled.flatMap(({ labels }) => [...labels.filter((l) => l >= 0)])
    expect(counted(cut)).toEqual(counted(whole))
  })
})

test("examples of other items, or in another order, have another fingerprint", () => {
  const printOf = (items: ReadonlyArray<string>) => listExamples(items, String, async (some) => some).fingerprint
  const prints = [["a", "b"], ["b", "a"], ["a", "c"], ["a"]].map(printOf)
  expect(new Set(prints).size).toBe(4)
  expect(printOf(["a", "b"])).toBe(prints[0]!)
})

test("the loss is the cross-entropy among none and the types of the token's own dataset, written out in doubles", async () => {
  const datasets = { one: corpus(3, 1), two: corpus(2, 2) }
  const classes = typeClasses(datasets)
  expect(classes.names).toEqual(["O", "one/city", "one/person", "two/city", "two/person"])
  const parts = [...(await windowsOf("one", datasets.one, classes)), ...(await windowsOf("two", datasets.two, classes))]
  const batch = labelledBatch(
    parts.flatMap(({ labelled }) => [...labelled]),
    tokenizer.special.pad.id
  )
  const head = initTypeHead(32, 5, 1)
  const shared = { encoder: encoderPass(encoder(), decodeSupervisedOptions(settings)), head, dropout: 0 }
  const model: TypeModel = { ...shared, scopes: scopesOf(classes), datasets: 2 }
  const [logits, loss] = tf.tidy(() => [
    typeLogits({ ...shared, scopes: new Float32Array(), datasets: 1 }, batch).arraySync(),
    typeLoss(model, batch).dataSync()[0]!
  ])
  let sum = 0
  let counted = 0
  for (const [t, label] of batch.labels.entries()) {
    if (label === -100) continue
    const own = t < 3 * batch.text.tokens ? [0, 1, 2] : [0, 3, 4]
    expect(own).toContain(label)
    const total = own.reduce((all, c) => all + Math.exp(logits[t]![c]!), 0)
    sum -= Math.log(Math.exp(logits[t]![label]!) / total)
    counted++
  }
  expect(loss).toBeCloseTo(sum / counted, 5)
  const scores = await validateTypes(model, [batch])
  expect(scores.tokens).toBe(counted)
  expect(scores.loss).toBeCloseTo(sum / counted, 5)
  tf.dispose(head)
})

describe("pretrainSupervised", () => {
  test("counts every sub-token of the text, of a type or of none", async () => {
    const sentences = corpus(10, 1)
    const all = { datasets: { "": sentences }, encoder: encoder(), preset: "small", batchSize: 10, steps: 1 } as const
    const step = (await events({ ...all, validation: 0 })).find(({ type }) => type === "step")
    const texts = await tokenizer.encodeBatch(sentences.map(({ words }) => words.join(" ")))
    const frame = tokenizer.prefix.length + tokenizer.suffix.length
    expect(step).toMatchObject({ tokens: texts.reduce((sum, { ids }) => sum + ids.length - frame, 0) })
  })

  test("learns the types of names, and owns its tensors", async () => {
    const text = encoder()
    const all = await leakCheck(() =>
      events({
        datasets: { "": corpus(160, 2) },
        encoder: text,
        preset: "small",
        batchSize: 16,
        epochs: 12,
        learningRate: 5e-3,
        seed: 3
      })
    )
    const [start] = all
    expect(start).toMatchObject({
      ...{ type: "start", steps: 108, trainSentences: 144, validationSentences: 16, classes: ["O", "city", "person"] },
      counts: { sentences: { in: 160, out: 160 }, entities: { in: 240, out: 240 } }
    })
    const scores = all.flatMap((event) => (event.type === "validation" ? [event.scores] : []))
    expect(scores[0]!.f1).toBeLessThan(0.7)
    expect(scores.at(-1)!.f1).toBeGreaterThan(0.98)
    expect(scores.at(-1)!.loss).toBeLessThan(0.1)
    expect(all.at(-1)).toMatchObject({ type: "done", step: 108 })
  })

  test("goes on from a checkpoint equal to the bit", async () => {
    const datasets = { one: corpus(30, 4), two: corpus(20, 5) }
    const whole = encoder(7)
    await events({ ...settings, datasets, encoder: whole })
    using directory = tempDir()
    const checkpoint = { directory: directory.path, every: 100 }
    const stop = new AbortController()
    const cut = pretrainSupervised({ ...settings, datasets, encoder: encoder(7), checkpoint, signal: stop.signal })
    for await (const event of cut) if (event.type === "step" && event.step === 3) stop.abort()
    const resumed = encoder(7)
    const rest = await events({ ...settings, datasets, encoder: resumed, checkpoint })
    expect(rest.find(({ type }) => type === "resume")).toMatchObject({ step: 3 })
    expect(weightsOf(resumed)).toEqual(weightsOf(whole))
  })

  test("the paper's preset freezes embeddings and the bottom half, the small one nothing", async () => {
    for (const preset of ["paper", "small"] as const) {
      const text = encoder()
      const before = weightsOf(text)
      const datasets = { "": corpus(20, 6) }
      await events({ datasets, encoder: text, preset, batchSize: 8, steps: 2, learningRate: 1e-2, warmup: 0 })
      const after = weightsOf(text)
      for (const name of Object.keys(before).filter((name) => name.endsWith(".weight"))) {
        const bottom = name.startsWith("embeddings.") || name.startsWith("encoder.layer.0.")
        if (bottom && preset === "paper") expect(after[name]).toEqual(before[name]!)
        else expect(after[name]).not.toEqual(before[name]!)
      }
    }
  })

  test("the weights of the least validation loss, where they are asked for", async () => {
    // A rate that climbs out of any optimum: the last weights are not the best.
    const wild = { preset: "small", batchSize: 8, steps: 24, learningRate: 0.3, warmup: 1, validateEvery: 2 } as const
    const outcome = async (weights: "last" | "best") => {
      using directory = tempDir()
      const checkpoint = { directory: directory.path, every: 100 }
      const trained = encoder(3)
      const options = { ...wild, datasets: { "": corpus(40, 7) }, encoder: trained, weights, checkpoint }
      const all = await events(options)
      const losses = all.flatMap((event) => (event.type === "validation" && event.step > 0 ? [event.scores.loss] : []))
      return { losses, weights: JSON.stringify(weightsOf(trained)) }
    }
    const [last, best] = [await outcome("last"), await outcome("best")]
    expect(best.losses).toEqual(last.losses)
    expect(Math.min(...best.losses)).toBeLessThan(best.losses.at(-1)!)
    expect(best.weights).not.toBe(last.weights)
    const datasets = { "": corpus(40, 7) }
    await expect(events({ ...wild, datasets, encoder: encoder(), weights: "best" })).rejects.toThrow(
      "checkpoint directory"
    )
  })

  test("a batch of which the tokenizer leaves nothing is skipped and told", async () => {
    const nothing = { words: [""], entities: [] }
    const datasets = { "": [...corpus(5, 1), nothing] }
    const all = await events({ datasets, encoder: encoder(), preset: "small", batchSize: 1, epochs: 1, validation: 0 })
    expect(all.filter(({ type }) => type === "skip")).toHaveLength(1)
    expect(all.filter(({ type }) => type === "step")).toHaveLength(5)
  })

  test("a sample is drawn by the seed, counted, and part of every larger one", async () => {
    const sentences = corpus(40, 8)
    const [start] = await events({ ...settings, datasets: { "": sentences }, encoder: encoder(), sampleSize: 12 })
    expect(start).toMatchObject({ counts: { sentences: { in: 40, out: 12, dropped: { notSampled: 28 } } } })
    const tooMany = { ...settings, datasets: { "": sentences }, encoder: encoder(), sampleSize: 41 }
    await expect(events(tooMany)).rejects.toThrow("there are 40")
  })

  test("what cannot be trained on is refused in one line", async () => {
    const input = { encoder: encoder(), preset: "small" } as const
    const nothing = [{ words: ["a"], entities: [] }]
    await expect(events({ ...input, datasets: { "": nothing } })).rejects.toThrow("nothing to learn types from")
    const two = { start: 0, end: 1, type: "x" }
    const twice = [{ words: ["a", "b"], entities: [two, { ...two, type: "y" }] }, ...corpus(3, 1)]
    await expect(events({ ...input, datasets: { d: twice } })).rejects.toThrow("overlaps")
    for (const [start, end] of [
      [1, 3],
      [1, 1]
    ]) {
      const outside = [...corpus(3, 1), { words: ["a", "b"], entities: [{ start: start!, end: end!, type: "x" }] }]
      const reason = `d 3: entities: x ${start}..${end} is no part of 2 words`
      await expect(events({ ...input, datasets: { d: outside } })).rejects.toThrow(reason)
    }
    await expect(events({ ...input, datasets: { "": corpus(4, 1) }, learningRate: -1 })).rejects.toThrow("learningRate")
    const tooMany = { ...input, datasets: { "": corpus(4, 1) }, frozenLayers: 99 }
    await leakCheck(() => expect(events(tooMany)).rejects.toThrow("frozenLayers"))
  })
})
