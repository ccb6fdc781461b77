import { afterAll, beforeAll, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, type Tokenizer, trainByteLevelBpe } from "@nuner/encoder"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { type MaskedLanguageEvent, type MaskedLanguageInput, pretrainMaskedLanguage } from "@nuner/trainer"
import { languageBatch } from "../src/language/languageBatch.ts"
import { packRows, rowExamples } from "../src/language/packRows.ts"

/** A language in which each word has one successor: a model that sees neighbours can predict all of it. */
const words = ["the", "old", "river", "carries", "small", "boats", "past", "our", "green", "garden"]
const texts = (count: number, seed: number): Array<string> => {
  const random = rng(seed)
  return Array.from({ length: count }, () => {
    const from = random.int(words.length)
    return Array.from({ length: 12 }, (_, i) => words[(from + i) % words.length]).join(" ")
  })
}

let tokenizer: Tokenizer
const encoders: Array<Encoder> = []
const encoder = (): Encoder => {
  const config = small({ hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 34, initializerRange: 0.17 })
  const made = randomEncoder(config, tokenizer, 1)
  encoders.push(made)
  return made
}
beforeAll(async () => {
  await testEngine()
  tokenizer = await trainByteLevelBpe(texts(50, 9), { vocabSize: 320 })
})
afterAll(() => {
  for (const made of encoders) made.dispose()
})
const events = async (input: MaskedLanguageInput): Promise<Array<MaskedLanguageEvent>> => {
  const out: Array<MaskedLanguageEvent> = []
  for await (const event of pretrainMaskedLanguage(input)) out.push(event)
  return out
}

test("packed rows hold the texts in order, whole rows only, and know where words start", async () => {
  const corpus = texts(800, 1)
  const packed = await packRows(corpus, tokenizer, { rowTokens: 16, lowercase: 0, seed: 0 })
  const body: Array<number> = []
  for (let row = 0; row < packed.rows; row++) {
    const ids = packed.ids.subarray(row * 16, row * 16 + 16)
    expect([ids[0], ids[15]]).toEqual([tokenizer.special.first.id, tokenizer.special.last.id])
    body.push(...ids.subarray(1, 15))
  }
  const all = (await tokenizer.encodeBatch(corpus)).flatMap(({ ids }) => [...ids.subarray(1)])
  expect(body).toEqual(all.slice(0, packed.rows * 14))
  expect(packed.rows).toBe(Math.floor(all.length / 14))
  const tokens = tokenizer.tokens(packed.ids)
  tokens.forEach((token, at) => {
    if (token.startsWith("Ġ")) expect(packed.wordStart[at]).toBe(1)
  })
})

test("causal targets are the next tokens; masked ones what stood there", async () => {
  const packed = await packRows(texts(20, 1), tokenizer, { rowTokens: 16, lowercase: 0, seed: 0 })
  const options = { maskRate: 0.3, wholeWords: false, maskId: 99, vocabSize: 320, specialIds: new Set([0, 1, 2, 3]) }
  const rows = await rowExamples(packed, Int32Array.of(1, 3)).at(Int32Array.of(0, 1))
  const next = languageBatch(rows, { causal: true }, options, rng(1))
  next.positions.forEach((at, i) => {
    expect(next.targets[i]).toBe(next.text.ids[at + 1]!)
  })
  expect(next.positions.length).toBe(30)
  const masked = languageBatch(rows, { causal: false }, options, rng(1))
  masked.positions.forEach((at, i) => {
    expect(masked.targets[i]).toBe(packed.ids[(at < 16 ? 16 : 32) + at]!)
    expect(options.specialIds.has(masked.targets[i]!)).toBe(false)
  })
})

test("learns what follows from left to right, and what hides behind a mask, and owns its tensors", async () => {
  const base = encoder()
  const settings = { encoder: base, batchSize: 8, learningRate: 5e-3, validation: 0.1, validateEvery: 1000 }
  const [following, hidden] = await leakCheck(async () => [
    await events({ ...settings, texts: texts(300, 2), tokens: 25_600, rowTokens: 32, causal: 1, decay: 0 }),
    // A text is one word over and over, a row is one text: what hides stands around it.
    await events({
      ...settings,
      texts: Array.from({ length: 300 }, (_, i) =>
        Array(12)
          .fill(words[i % 10])
          .join(" ")
      ),
      tokens: 24_000,
      rowTokens: 15,
      causal: 0
    })
  ])
  // Ten words equally often: guessing by frequency costs ln 10 = 2.3 nats.
  const steps = following!.flatMap((event) => (event.type === "step" ? [event.loss] : []))
  expect(steps).toHaveLength(100)
  expect(steps.at(-1)!).toBeLessThan(0.8)
  const last = hidden!.findLast((event) => event.type === "validation")
  expect(last?.scores.loss).toBeLessThan(1)
})

test("goes on from a checkpoint equal to the bit, across the change from causal to masked", async () => {
  const settings = {
    texts: texts(40, 3),
    tokens: 8 * 4 * 32,
    batchSize: 4,
    rowTokens: 32,
    causal: 0.5,
    dropout: 0.1,
    validation: 0
  }
  const whole = encoder()
  await events({ ...settings, encoder: whole })
  using directory = tempDir()
  const checkpoint = { directory: directory.path, every: 100 }
  const stop = new AbortController()
  const first = { ...settings, encoder: encoder(), checkpoint, signal: stop.signal }
  for await (const event of pretrainMaskedLanguage(first)) {
    if (event.type === "step" && event.step === 3) stop.abort()
  }
  const resumed = encoder()
  await events({ ...settings, encoder: resumed, checkpoint })
  for (const [name, parameter] of Object.entries(whole.parameters)) {
    expect(resumed.parameters[name]!.dataSync()).toEqual(parameter.dataSync())
  }
})

test("too little text is refused in one line", async () => {
  await expect(events({ texts: "all in one", encoder: encoder(), tokens: 100 })).rejects.toThrow('"texts": is one text')
  await expect(events({ texts: ["too short"], encoder: encoder(), tokens: 100 })).rejects.toThrow(
    'option "rowTokens": 64 tokens are more than the encoder\'s 32'
  )
  await expect(events({ texts: ["short"], encoder: encoder(), tokens: 100, rowTokens: 32 })).rejects.toThrow(
    "one row of 32 tokens"
  )
})

test("validation is without dropout", async () => {
  const first = async (dropout: number) => {
    const settings = { texts: texts(20, 3), encoder: encoder(), tokens: 320, rowTokens: 32, batchSize: 4 }
    const all = await events({ ...settings, dropout, validation: 0.3 })
    const start = all.find((event) => event.type === "start")!
    const rows = start.trainRows + start.validationRows
    expect(start.validationRows).toBe(Math.round(0.3 * rows))
    return all.find((event) => event.type === "validation")!.scores.loss
  }
  expect(await first(0.5)).toBe(await first(0))
})
