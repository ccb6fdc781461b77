import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type AlignedSentence, rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { denseCells } from "@nuner/sampler"
import { leakCheck, tempDir } from "@nuner/testing"
import { decodePretrainOptions, type PretrainEvent, type PretrainInput, pretrain } from "@nuner/trainer"
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
  await useEngine()
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
  test("is the mean binary cross-entropy of section 3.2, written out densely in doubles", async () => {
    const text = encoder()
    const windows = await windowsOf(corpus(5, 1))
    const names = new ConceptNames(tokenizer, 33)
    const batch = (await contrastiveBatch(windows, tokenizer.special.pad.id, names, { maskNearSynonyms: false }))!
    for (const conceptPooling of ["first", "mean"] as const) {
      const settings = decodePretrainOptions({ preset: "small", temperature: 1 / 0.3, conceptPooling })
      const model = contrastiveModel(text, encoder(2), settings, -0.7)
      const [h, u, loss] = tf.tidy(() => {
        const { h, u } = logitHead(model, batch)
        return [h.arraySync(), u.arraySync(), contrastiveLoss(model, batch).dataSync()[0]!] as const
      })
      const y = denseCells(batch.targets.positives, batch.targets.shape)
      let sum = 0
      let cells = 0
      h.forEach((token, t) => {
        if (batch.targets.tokenMask[t] === 0) return
        u.forEach((concept, c) => {
          const z = 0.3 * token.reduce((dot, x, j) => dot + x * concept[j]!, 0) - 0.7
          const p = 1 / (1 + Math.exp(-z))
          sum -= y[t * u.length + c] === 1 ? Math.log(p) : Math.log(1 - p)
          cells++
        })
      })
      expect(cells).toBe(batch.targets.cells)
      expect(loss).toBeCloseTo(sum / cells, 4)
      expect((await validateContrastive(model, [batch])).loss).toBeCloseTo(sum / cells, 4)
      tf.dispose(model.head)
    }
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
      seed: 5
    } as const
    const whole = encoder(7)
    await events({ ...settings, text: whole })

    using directory = tempDir()
    const checkpoint = { directory: directory.path, every: 100 }
    const stop = new AbortController()
    for await (const event of pretrain({ ...settings, text: encoder(7), checkpoint, signal: stop.signal })) {
      if (event.type === "step" && event.step === 3) stop.abort()
    }
    const resumed = encoder(7)
    const rest = await events({ ...settings, text: resumed, checkpoint })
    expect(rest.find(({ type }) => type === "resume")).toMatchObject({ step: 3 })
    expect(weights(resumed)).toEqual(weights(whole))
  })

  test("a checkpoint of other settings, or of another base, is refused", async () => {
    using directory = tempDir()
    const settings = { sentences: corpus(20, 4), preset: "small", batchSize: 8, steps: 2 } as const
    const checkpoint = { directory: directory.path, every: 1 }
    await events({ ...settings, text: encoder(), checkpoint })
    expect(events({ ...settings, learningRate: 1e-4, text: encoder(), checkpoint })).rejects.toThrow("fingerprint")
    expect(events({ ...settings, text: encoder(2), checkpoint })).rejects.toThrow("fingerprint")
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

  test("what cannot be trained on is refused in one line", async () => {
    const none = [{ id: "a", text: "b", mentions: [] }]
    expect(events({ sentences: none, text: encoder() })).rejects.toThrow("0 of 1 sentences have a concept to train on")
    const options = { sentences: corpus(4, 1), text: encoder() }
    expect(events({ ...options, learningRate: -1 })).rejects.toThrow('option "learningRate"')
    expect(leakCheck(() => events({ ...options, frozenLayers: 3 }))).rejects.toThrow("the encoder has 2 layers, not 3")
    expect(events({ ...options, epoch: 3 } as unknown as PretrainInput)).rejects.toThrow('option "epoch"')
  })
})
