import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type AlignedSentence, rng } from "@nuner/core"
import {
  copyEncoder,
  type Encoder,
  randomEncoder,
  small,
  type Tokenizer,
  trainByteLevelBpe,
  trainWordPiece
} from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { conceptTargets, denseCells, SentenceStore } from "@nuner/sampler"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import {
  decodePretrainOptions,
  type PretrainEvent,
  type PretrainInput,
  type PretrainOptions,
  pretrain
} from "@nuner/trainer"
import { ConceptNames, contrastiveBatch } from "../src/contrastive/ContrastiveBatch.ts"
import { contrastiveLoss, contrastiveModel, logitHead } from "../src/contrastive/ContrastiveModel.ts"
import { validateContrastive } from "../src/contrastive/validate.ts"
import { tokeniseSentences } from "../src/sentenceWindows.ts"

const vocabulary = {
  person: ["Ada", "Blaise", "Carl", "Emmy", "Grace", "Kurt"],
  city: ["Paris", "Lima", "Oslo", "Cairo", "Quito", "Delhi"],
  "chemical element": ["iron", "neon", "zinc", "argon", "boron", "radon"]
}

/** Sentences in which the concept of a word follows from the word: learnable by the smallest encoder. */
const corpus = (count: number, seed: number): Array<AlignedSentence> => {
  const random = rng(seed)
  const pick = (concept: keyof typeof vocabulary) => vocabulary[concept][random.int(6)]!
  return Array.from({ length: count }, (_, i) => {
    const parts: Array<[string, keyof typeof vocabulary | undefined]> = [
      [pick("person"), "person"],
      [random.next() < 0.5 ? " went to " : " studied in ", undefined],
      [pick("city"), "city"],
      [" and measured ", undefined],
      [pick("chemical element"), "chemical element"],
      [".", undefined]
    ]
    let text = ""
    const mentions: Array<AlignedSentence["mentions"][number]> = []
    for (const [part, concept] of parts) {
      if (concept !== undefined)
        mentions.push({ start: text.length, end: text.length + part.length, concept, match: "exact" })
      text += part
    }
    return { id: `s${i}`, text, mentions }
  })
}

let tokenizer: Tokenizer
const encoders: Array<Encoder> = []
const encoder = (seed = 1): Encoder => {
  const made = randomEncoder(
    small({ hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 34 }),
    tokenizer,
    seed
  )
  encoders.push(made)
  return made
}

beforeAll(async () => {
  await testEngine()
  tokenizer = await trainByteLevelBpe(
    corpus(50, 9).map(({ text }) => text),
    { vocabSize: 400 }
  )
})
afterAll(() => {
  for (const made of encoders) made.dispose()
})

const events = async (input: PretrainInput): Promise<Array<PretrainEvent>> => {
  const out: Array<PretrainEvent> = []
  for await (const event of pretrain(input)) out.push(event)
  return out
}
const tokenised = (sentences: ReadonlyArray<AlignedSentence>) =>
  tokeniseSentences(sentences, { tokenizer, maxTokens: 33, subTokens: "all" })
const windowsOf = async (sentences: ReadonlyArray<AlignedSentence>) =>
  (await tokenised(sentences)).flatMap(({ windows }) => [...windows])
const weights = ({ parameters }: Encoder) =>
  Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, [...parameter.dataSync()]]))

describe("contrastiveLoss", () => {
  const batchOf = async (sentences: ReadonlyArray<AlignedSentence>) =>
    (await contrastiveBatch(await windowsOf(sentences), tokenizer.special.pad.id, new ConceptNames(tokenizer, 33), {
      maskNearSynonyms: false
    }))!
  const variants: ReadonlyArray<PretrainOptions> = [
    { conceptPooling: "first" },
    { conceptPooling: "mean" },
    { similarity: "cosine", temperature: 0.1 },
    { similarity: "cosine", temperature: 0.1, projection: 8, learnTemperature: true },
    { positiveWeight: 3, unlabelledWeight: 0.25 }
  ]
  test("validation leaves out the cells that the loss leaves out: those of near-synonyms", async () => {
    const sentences = corpus(6, 1).map((sentence, i) => ({
      ...sentence,
      mentions: sentence.mentions.map((mention) =>
        mention.concept === "city" && i % 2 === 0 ? { ...mention, concept: "city name" } : mention
      )
    }))
    const names = new ConceptNames(tokenizer, 33)
    const windows = await windowsOf(sentences)
    const batch = (await contrastiveBatch(windows, tokenizer.special.pad.id, names, { maskNearSynonyms: true }))!
    expect(batch.targets.ignored.tokens.length).toBeGreaterThan(0)
    const model = contrastiveModel(encoder(), encoder(2), decodePretrainOptions({ preset: "small" }), -0.7)
    const loss = tf.tidy(() => contrastiveLoss(model, batch).dataSync()[0]!)
    expect((await validateContrastive(model, [batch])).loss).toBeCloseTo(loss, 5)
    tf.dispose(model.head)
  })

  test("is the mean binary cross-entropy of section 3.2, written out densely in doubles", async () => {
    const [text, concept] = [encoder(), encoder(2)]
    const batch = await batchOf(corpus(5, 1))
    const { positives, shape, tokenMask } = batch.targets
    const y = denseCells(positives, shape)
    for (const variant of variants) {
      const settings = decodePretrainOptions({ preset: "small", temperature: 1 / 0.3, ...variant })
      const model = contrastiveModel(text, concept, settings, -0.7)
      const raw = contrastiveModel(text, concept, { ...settings, similarity: "dot" }, undefined)
      const [states, vectors, loss] = tf.tidy(() => {
        const { h, u } = logitHead({ ...raw, head: {} }, batch)
        return [h.arraySync(), u.arraySync(), contrastiveLoss(model, batch).dataSync()[0]!] as const
      })
      const side = (vector: ReadonlyArray<number>, name: string): ReadonlyArray<number> => {
        const kernel = model.head[name]?.arraySync() as ReadonlyArray<ReadonlyArray<number>> | undefined
        const x = kernel
          ? kernel[0]!.map((_, j) => vector.reduce((sum, value, i) => sum + value * kernel[i]![j]!, 0))
          : vector
        const length = settings.similarity === "cosine" ? Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0)) : 1
        return x.map((value) => value / length)
      }
      const h = states.map((vector) => side(vector, "projection.text"))
      const u = vectors.map((vector) => side(vector, "projection.concept"))
      let [sum, plain, cells] = [0, 0, 0]
      h.forEach((token, t) => {
        if (tokenMask[t] === 0) return
        const labelled = u.some((_, c) => y[t * u.length + c] === 1)
        u.forEach((vector, c) => {
          const z = token.reduce((dot, x, j) => dot + x * vector[j]!, 0) / (settings.temperature as number) - 0.7
          const p = 1 / (1 + Math.exp(-z))
          const positive = y[t * u.length + c] === 1
          const cell = -(positive ? Math.log(p) : Math.log(1 - p))
          sum += cell * (positive ? settings.positiveWeight : labelled ? 1 : settings.unlabelledWeight)
          plain += cell
          cells++
        })
      })
      expect(cells).toBe(batch.targets.cells)
      expect(loss).toBeCloseTo(sum / cells, 4)
      expect((await validateContrastive(model, [batch])).loss).toBeCloseTo(plain / cells, 4)
      tf.dispose([model.head, raw.head])
    }
  })

  test("temperature, offset and projections are learned where they are asked for, and told at the end", async () => {
    const scorer = async (options: PretrainOptions) =>
      (
        await events({ sentences: corpus(20, 3), text: encoder(), preset: "small", batchSize: 8, steps: 4, ...options })
      ).find((event) => event.type === "scorer")!
    expect(await scorer({ bias: "none", temperature: 3 })).toMatchObject({ temperature: 3, bias: 0, similarity: "dot" })
    const cosine = await scorer({ similarity: "cosine", temperature: 0.2, learnTemperature: true, learningRate: 0.1 })
    expect(cosine).toMatchObject({ similarity: "cosine", conceptPooling: "mean", conceptText: "name" })
    expect(cosine.temperature).toBeGreaterThan(0)
    expect(Math.abs(cosine.temperature - 0.2)).toBeGreaterThan(1e-3)
    expect(cosine.bias).not.toBe(0)
  })
})

describe("what a batch holds", () => {
  const [sentence] = corpus(1, 1)
  const settingsOf = (options: PretrainOptions) => ({ text: encoder(), preset: "small", steps: 2, ...options }) as const
  const seen = async (input: PretrainInput) => {
    // The names that the concept encoder reads: those that its tokenizer is asked for.
    const names = new Set<string>()
    const concept = copyEncoder(input.text)
    encoders.push(concept)
    const asked: Tokenizer = Object.create(tokenizer, {
      encodeBatch: {
        value: (texts: ReadonlyArray<string>) => {
          for (const name of texts) names.add(name)
          return tokenizer.encodeBatch(texts)
        }
      }
    })
    const all = await events({ ...input, concept: { ...concept, tokenizer: asked } })
    return { names: [...names].sort(), all }
  }

  test("names of concepts, or the descriptions of entities where there are any; the choice goes by names", async () => {
    const described = corpus(12, 2).map((one) => ({
      ...one,
      mentions: one.mentions.map((mention, i) =>
        i === 0 ? { ...mention, description: "Someone of Science" } : mention
      )
    }))
    const sentences = [
      ...described,
      { ...sentence!, id: "blank", mentions: [{ ...sentence!.mentions[1]!, description: " " }] }
    ]
    expect((await seen({ sentences, ...settingsOf({}) })).names).toEqual(["chemical element", "city", "person"])
    expect((await seen({ sentences, ...settingsOf({ conceptText: "description" }) })).names).toEqual([
      "chemical element",
      "city",
      "someone of science"
    ])
    const top = await seen({ sentences, ...settingsOf({ conceptText: "description", topConcepts: 1 }) })
    expect(top.names).toEqual(["city"])
  })

  test("a concept encoder reads names with its own tokenizer", async () => {
    const other = await trainByteLevelBpe(["a different vocabulary"], { vocabSize: 270 })
    const concept = randomEncoder(small({ hidden: 32, layers: 1, heads: 2, positions: 34 }), other, 1)
    encoders.push(concept)
    expect(concept.config.vocabSize).not.toBe(encoder().config.vocabSize)
    const before = weights(concept)
    await events({ sentences: corpus(12, 2), concept, ...settingsOf({ learningRate: 0.01, warmup: 0 }) })
    expect(weights(concept)).not.toEqual(before)
    const narrow = randomEncoder(small({ hidden: 16, layers: 1, heads: 2, positions: 34 }), other, 1)
    encoders.push(narrow)
    const input = { sentences: corpus(12, 2), concept: narrow, ...settingsOf({}) }
    await expect(events(input)).rejects.toThrow(
      'option "concept": its vectors are 16 wide, those of the text encoder 32'
    )
    await events({ ...input, projection: 8 })
  })

  test("concepts of other sentences join as negatives in training, not in validation", async () => {
    const one = (concept: string, i: number) => ({
      ...sentence!,
      id: `${i}`,
      mentions: [{ ...sentence!.mentions[0]!, concept }]
    })
    const sentences = Array.from({ length: 30 }, (_, i) => one(`concept ${i % 10}`, i))
    const starts: Array<number> = []
    const rates = async (extraConcepts: number) => {
      const all = await events({ sentences, ...settingsOf({ batchSize: 1, steps: 6, validation: 0.1, extraConcepts }) })
      starts.push(...all.flatMap((event) => (event.type === "start" ? [event.positiveRate] : [])))
      return all.flatMap((event) => (event.type === "step" ? [event.metrics!.positiveRate!] : []))
    }
    const [alone, joined] = [await rates(0), await rates(30)]
    // A sentence has one concept; most of thirty drawn ones of ten are others.
    for (const [i, rate] of joined.entries()) expect(rate).toBeLessThan(alone[i]! / 5)
    // The offset starts at the rate of what is trained on, and is told.
    const [start] = await events({ sentences, ...settingsOf({ batchSize: 1, steps: 1, validation: 0.1 }) })
    const told = start as Extract<typeof start, { type: "start" }>
    expect(told.bias).toBeCloseTo(Math.log(told.positiveRate / (1 - told.positiveRate)), 10)
    const [none] = await events({ sentences, ...settingsOf({ batchSize: 1, steps: 1, validation: 0.1, bias: "none" }) })
    expect(none).not.toHaveProperty("bias")
    expect(starts[1]).toBeLessThan(starts[0]! / 5)
    const validated = async (extraConcepts: number) => {
      const all = await events({
        sentences,
        ...settingsOf({ batchSize: 1, steps: 1, validation: 0.1, bias: "none", extraConcepts })
      })
      return all.find((event) => event.type === "validation")!.scores
    }
    expect(await validated(30)).toEqual(await validated(0))
  })

  test("sentences without a concept may stay, as negatives", async () => {
    const sentences = [
      ...corpus(12, 2),
      ...Array.from({ length: 4 }, (_, i) => ({ ...sentence!, id: `none ${i}`, mentions: [] }))
    ]
    const counted = async (keepEmpty: boolean) => {
      const all = await events({ sentences, ...settingsOf({ batchSize: 16, steps: 1, validation: 0, keepEmpty }) })
      return { start: all[0], rate: all.find((event) => event.type === "step")!.metrics!.positiveRate! }
    }
    const [without, kept] = [await counted(false), await counted(true)]
    expect(without.start).toMatchObject({
      trainSentences: 12,
      counts: { sentences: { in: 16, dropped: { empty: 4 } } }
    })
    expect(kept.start).toMatchObject({ trainSentences: 16, counts: { sentences: { in: 16, dropped: { empty: 0 } } } })
    expect(kept.rate).toBeLessThan(without.rate)
  })

  test("the first sub-token of each word and of each mention counts, where that is asked for", async () => {
    const text = "Ada-Paris unbelievably"
    const mentions = [
      { start: 4, end: 9, concept: "city", match: "exact" as const },
      { start: 12, end: 22, concept: "adverb", match: "exact" as const }
    ]
    const [one] = await tokeniseSentences([{ text, mentions }], { tokenizer, maxTokens: 33, subTokens: "first" })
    const [window] = one!.windows
    const { offsets } = await tokenizer.encode(text)
    const counted = offsets.filter((_, t) => window!.counts![t] === 1).map(({ start }) => start)
    // Ada, -, Paris, unbelievably, and the mention inside of it.
    expect(counted).toEqual([0, 3, 4, 10, 12])
    const targets = conceptTargets(one!.windows)
    expect(targets.positives.tokens.map((token) => offsets[token]!.start)).toEqual(Int32Array.of(4, 12))
    const [all] = await tokeniseSentences([{ text, mentions }], { tokenizer, maxTokens: 33, subTokens: "all" })
    expect(all!.windows[0]!.counts).toBeUndefined()
  })
})

describe("pretrain", () => {
  test("learns which concept a word instantiates, and owns its tensors", async () => {
    const text = encoder()
    const all = await leakCheck(() =>
      events({
        sentences: corpus(160, 2),
        text,
        preset: "small",
        batchSize: 16,
        epochs: 12,
        learningRate: 5e-3,
        seed: 3
      })
    )
    const scores = all.flatMap((event) => (event.type === "validation" ? [event.scores] : []))
    expect(scores[0]!.auc).toBeLessThan(0.8)
    expect(scores.at(-1)!.auc).toBeGreaterThan(0.97)
    expect(scores.at(-1)!.loss).toBeLessThan(scores[0]!.loss)
    const [start] = all
    expect(start).toMatchObject({
      type: "start",
      steps: 108,
      trainSentences: 144,
      validationSentences: 16,
      concepts: 3
    })
    expect(all.filter(({ type }) => type === "step")).toHaveLength(108)
    expect(all.at(-1)).toMatchObject({ type: "done", step: 108 })
  })

  test("goes on from a checkpoint equal to the bit", async () => {
    const settings = {
      sentences: corpus(40, 4),
      preset: "small",
      batchSize: 8,
      steps: 6,
      dropout: 0.1,
      bucketWindow: 2,
      seed: 5
    } as const
    const whole = encoder(7)
    await events({ ...settings, text: whole })

    using directory = tempDir()
    const checkpoint = { directory: directory.path, every: 100 }
    const stop = new AbortController()
    const cut = encoder(7)
    for await (const event of pretrain({ ...settings, text: cut, checkpoint, signal: stop.signal })) {
      if (event.type === "step" && event.step === 3) stop.abort()
    }
    const trained = events({ ...settings, text: cut, checkpoint })
    await expect(trained).rejects.toThrow("is of a run with other data, settings or first weights")
    const resumed = encoder(7)
    const rest = await events({ ...settings, text: resumed, checkpoint })
    expect(rest.find(({ type }) => type === "resume")).toMatchObject({ step: 3 })
    expect(weights(resumed)).toEqual(weights(whole))
  })

  test("goes on with the scores of its checkpoint: where nothing is left to do, they are the last ones", async () => {
    using directory = tempDir()
    const checkpoint = { directory: directory.path, every: 100 }
    const settings = { sentences: corpus(40, 4), preset: "small", batchSize: 8, steps: 3, checkpoint } as const
    const validations = (all: ReadonlyArray<PretrainEvent>) => all.filter((event) => event.type === "validation")
    const whole = validations(await events({ ...settings, text: encoder(7) }))
    expect(whole.map(({ step }) => step)).toEqual([0, 3])
    expect(validations(await events({ ...settings, text: encoder(7) }))).toEqual([whole.at(-1)!])
  })

  test("a run that is cancelled before it begins does nothing", async () => {
    const settings = { sentences: corpus(40, 4), preset: "small", batchSize: 8, steps: 3 } as const
    const told = await events({ ...settings, text: encoder(7), signal: AbortSignal.abort() })
    expect(told.map(({ type }) => type)).toEqual(["start", "read", "scorer", "stop"])
  })

  test("a list, a stream and a store of sentences are the same run", async () => {
    const sentences = corpus(40, 12)
    async function* stream() {
      yield* sentences
    }
    const settings = { preset: "small", batchSize: 8, steps: 3, validation: 0.2 } as const
    const runs = []
    for (const given of [sentences, stream(), await SentenceStore.from(sentences)]) {
      const text = encoder()
      const told = await events({ ...settings, sentences: given, text })
      runs.push([told.map((event) => ("seconds" in event ? event.type : event)), weights(text)])
    }
    expect(runs[1]).toEqual(runs[0]!)
    expect(runs[2]).toEqual(runs[0]!)
    const described = {
      sentences: await SentenceStore.from(sentences),
      text: encoder(),
      conceptText: "description"
    } as const
    await expect(events(described)).rejects.toThrow('option "conceptText": the store of sentences was made without')
  })

  test("a checkpoint of other settings, or of another base, is refused", async () => {
    using directory = tempDir()
    // Without a bias, whose start would tell the data apart.
    const settings = { sentences: corpus(20, 4), preset: "small", bias: "none", batchSize: 8, steps: 2 } as const
    const checkpoint = { directory: directory.path, every: 1 }
    await events({ ...settings, text: encoder(), checkpoint })
    await expect(events({ ...settings, learningRate: 1e-4, text: encoder(), checkpoint })).rejects.toThrow(
      "fingerprint"
    )
    await expect(events({ ...settings, text: encoder(2), checkpoint })).rejects.toThrow("fingerprint")
    const others = corpus(settings.sentences.length, 99)
    await expect(events({ ...settings, sentences: others, text: encoder(), checkpoint })).rejects.toThrow("fingerprint")
  })

  test("the paper's preset freezes embeddings and the bottom half of the text encoder only", async () => {
    const text = encoder()
    const before = weights(text)
    await events({ sentences: corpus(20, 6), text, batchSize: 8, steps: 2, learningRate: 1e-2, warmup: 0 })
    const after = weights(text)
    for (const name of Object.keys(before)) {
      const frozen = name.startsWith("embeddings.") || name.startsWith("encoder.layer.0.")
      if (frozen) expect(after[name]).toEqual(before[name]!)
      else if (name.endsWith(".weight")) expect(after[name]).not.toEqual(before[name]!)
    }
    expect(Object.values(text.parameters).every(({ trainable }) => trainable)).toBe(true)
  })

  test("long sentences become windows, nothing is lost", async () => {
    const [base] = corpus(1, 8)
    const text = Array.from({ length: 12 }, () => base!.text).join(" ")
    const mentions = Array.from({ length: 12 }, (_, i) => i * (base!.text.length + 1)).flatMap((shift) =>
      base!.mentions.map((mention) => ({ ...mention, start: mention.start + shift, end: mention.end + shift }))
    )
    const [long] = await tokenised([{ id: "long", text, mentions }])
    const examples = long!.windows
    expect(long!.lostMentions).toBe(0)
    expect(examples.length).toBeGreaterThan(1)
    const counted = examples.reduce((sum, { content }) => sum + content.end - content.start, 0)
    expect(counted).toBe((await tokenizer.encode(text)).ids.length - 2)
    const labelled = (list: typeof examples) =>
      list.reduce((sum, { content, labels }) => {
        const inside = labels.map(({ end, start }) => Math.min(end, content.end) - Math.max(start, content.start))
        return sum + inside.reduce((a, b) => a + Math.max(0, b), 0)
      }, 0)
    const short = await windowsOf([base!])
    // The first sentence of a text has no space before it, so its first word may split differently.
    expect(Math.abs(labelled(examples) - 12 * labelled(short))).toBeLessThanOrEqual(12)
    for (const { content, ids, labels } of examples) {
      for (const { concept, end, start } of labels) {
        if (start < content.start || end > content.end) continue
        const word = tokenizer.tokens(ids.subarray(start, end)).join("").replace("Ġ", "")
        expect(vocabulary[concept as keyof typeof vocabulary]).toContain(word)
      }
    }
  })

  test('sentences without concepts, and the concept "concept", are left out and counted', async () => {
    const sentences = [...corpus(10, 1), { id: "none", text: "Nothing here.", mentions: [] }]
    sentences.push({
      ...sentences[0]!,
      id: "vague",
      mentions: [{ start: 0, end: 3, concept: "Concept", match: "exact" }]
    })
    const [start] = await events({ sentences, text: encoder(), preset: "small", steps: 1 })
    expect(start).toMatchObject({ counts: { sentences: { in: 12, out: 10, dropped: { uninformative: 1, empty: 1 } } } })
  })

  test("a concept name longer than a window is cut, and counted", async () => {
    const [sentence] = corpus(1, 1)
    const concept = "a very long name ".repeat(40)
    const sentences = [...corpus(5, 2), { ...sentence!, mentions: [{ ...sentence!.mentions[0]!, concept }] }]
    const all = await events({ sentences, text: encoder(), preset: "small", steps: 1 })
    expect(all.at(-2)).toMatchObject({ type: "scorer" })
    expect(all.at(-3)).toMatchObject({ type: "read", counts: { sentences: 6, windowed: 0, cutNames: 1 } })
  })

  test("a concept name without a sub-token is read at its first special token, and counted", async () => {
    const bert = await trainWordPiece(
      corpus(50, 9).map(({ text }) => text),
      { vocabSize: 400 }
    )
    const concept = randomEncoder(small({ hidden: 32, layers: 1, heads: 2, positions: 34 }), bert, 1)
    encoders.push(concept)
    const sentences = corpus(6, 2).map((sentence, i) => ({
      ...sentence,
      mentions: sentence.mentions.map((mention) => ({ ...mention, concept: ["\u200b", "\ufffd", "city"][i % 3]! }))
    }))
    const all = await events({ sentences, text: encoder(), concept, preset: "small", validation: 0, steps: 2 })
    expect(all.at(-3)).toMatchObject({ type: "read", counts: { emptyNames: 2 } })
    expect(all.flatMap((event) => (event.type === "step" ? [Number.isFinite(event.loss)] : []))).toEqual([true, true])
  })

  test("what cannot be trained on is refused in one line", async () => {
    await expect(events({ dropout: 0.95, text: encoder(), sentences: corpus(12, 2) })).rejects.toThrow('"dropout"')
    const none = [{ id: "a", text: "b", mentions: [] }]
    await expect(events({ sentences: none, text: encoder() })).rejects.toThrow(
      "0 of 1 sentences have a concept to train on"
    )
    const [sentence] = corpus(1, 1)
    const wrong = (mention: object) => {
      const mentions = [sentence!.mentions[0]!, { ...sentence!.mentions[1]!, ...mention }]
      return events({ sentences: [...corpus(4, 1), { ...sentence!, id: "w", mentions }], text: encoder() })
    }
    await expect(wrong({ end: 99 })).rejects.toThrow("sentence w: mentions[1]: 13..99 is no part of a text of")
    await expect(wrong({ start: 5, end: 5 })).rejects.toThrow("sentence w: mentions[1]: 5..5 is no part of a text")
    await expect(wrong({ concept: " \u00a0" })).rejects.toThrow("sentence w: mentions[1]: its concept has no name")
    const spaces = corpus(4, 1).map((one) => ({ ...one, text: " ".repeat(one.text.length) }))
    await expect(events({ sentences: spaces, text: encoder() })).rejects.toThrow("no sub-token of them is labelled")
    const undescribed = { sentences: corpus(4, 1), text: encoder(), conceptText: "description" } as const
    await expect(events(undescribed)).rejects.toThrow('option "conceptText": no mention has a description')
    const cosine = { sentences: corpus(4, 1), text: encoder(), preset: "small", similarity: "cosine" } as const
    await expect(events(cosine)).rejects.toThrow('option "temperature": a cosine is between -1 and 1')
    await expect(events({ ...cosine, similarity: "dot", frozenLayers: 3 })).rejects.toThrow(
      "the encoder has 2 layers, not 3"
    )
    const options = { sentences: corpus(4, 1), text: encoder() }
    await expect(events({ ...options, learningRate: -1 })).rejects.toThrow('option "learningRate"')
    await expect(leakCheck(() => events({ ...options, frozenLayers: 3 }))).rejects.toThrow(
      "the encoder has 2 layers, not 3"
    )
    await expect(events({ ...options, epoch: 3 } as unknown as PretrainInput)).rejects.toThrow('option "epoch"')
  })
})
