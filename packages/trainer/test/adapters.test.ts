import { describe, expect, test } from "bun:test"
import type { LabelledSentence } from "@nuner/core"
import { copyEncoder, type Encoder, loraSettings, randomEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { leakCheck, tempDir } from "@nuner/testing"
import { pretrain, pretrainMaskedLanguage, pretrainSupervised } from "@nuner/trainer"

await useEngine()

const people = ["Ada", "Emmy", "Kurt", "Carl"]
const towns = ["Lima", "Oslo", "Quito", "Paris"]
const labelled: ReadonlyArray<LabelledSentence> = Array.from({ length: 24 }, (_, i) => ({
  id: `s${i}`,
  words: [people[i % 4]!, "went", "to", towns[(i * 3 + 1) % 4]!, "."],
  entities: [
    { start: 0, end: 1, type: "person" },
    { start: 3, end: 4, type: "town" }
  ]
}))
const texts = labelled.map(({ words }) => words.join(" "))
const aligned = labelled.map(({ entities, words }, i) => ({
  id: `s${i}`,
  text: texts[i]!,
  mentions: entities.map(({ start, type }) => {
    const at = texts[i]!.indexOf(words[start]!)
    return { start: at, end: at + words[start]!.length, concept: type, match: "exact" as const }
  })
}))
const tokenizer = await trainByteLevelBpe(texts, { vocabSize: 300 })
const tiny = (seed = 1): Encoder =>
  randomEncoder(small({ hidden: 16, layers: 2, heads: 2, feedForward: 24, positions: 34 }), tokenizer, seed)

const lora = { loraRank: 2, learningRate: 0.03, batchSize: 8, validation: 0.1, dropout: 0.1, loraDropout: 0.1 } as const
const steps = { steps: 3, warmup: 0 } as const
const numbers = ({ parameters }: Encoder) =>
  Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, [...one.dataSync()]]))

const drain = async (events: AsyncIterable<{ readonly type: string; readonly step?: number }>, onStep?: () => void) => {
  for await (const event of events) if (event.type === "step") onStep?.()
}

/** The linear layers whose weights are others than before; all other parameters must be equal to the bit. */
const changed = (before: ReturnType<typeof numbers>, after: ReturnType<typeof numbers>) => {
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
  return Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}
const queryAndValue = ["query", "value"].flatMap((part) =>
  [0, 1].map((layer) => `encoder.layer.${layer}.attention.self.${part}.weight`)
)

describe("pre-training with adapters", () => {
  const runs = {
    contrastive: (encoder: Encoder, options: object) =>
      pretrain({ preset: "small", sentences: aligned, text: encoder, ...lora, ...steps, ...options }),
    types: (encoder: Encoder, options: object) =>
      pretrainSupervised({ preset: "small", datasets: { "": labelled }, encoder, ...lora, ...steps, ...options }),
    language: (encoder: Encoder, options: object) =>
      pretrainMaskedLanguage({ texts, encoder, ...lora, tokens: 3 * 8 * 16, rowTokens: 16, ...options })
  }
  for (const [objective, run] of Object.entries(runs)) {
    test(`${objective}: what they learn is in the weights of their layers, nothing else changes, nothing is left`, () =>
      leakCheck(async () => {
        const encoder = tiny()
        const before = numbers(encoder)
        await drain(run(encoder, {}))
        expect(changed(before, numbers(encoder)).sort()).toEqual([...queryAndValue].sort())
        expect(Object.values(encoder.parameters).every(({ trainable }) => trainable)).toBe(true)
        // Above frozen layers only.
        const other = tiny()
        await drain(run(other, { frozenLayers: 1, loraTargets: ["output.dense"] }))
        expect(changed(before, numbers(other)).sort()).toEqual([
          "encoder.layer.1.attention.output.dense.weight",
          "encoder.layer.1.output.dense.weight"
        ])
        await expect(drain(run(encoder, { loraTargets: ["qery"] }))).rejects.toThrow('"qery"')
        expect(Object.keys(encoder.parameters)).toEqual(Object.keys(before))
        for (const one of [encoder, other]) one.dispose()
      }))
  }

  test("the concept encoder has its own, in all of its layers", () =>
    leakCheck(async () => {
      const encoder = tiny()
      const concept = copyEncoder(encoder)
      const before = numbers(concept)
      await drain(runs.contrastive(encoder, { concept, frozenLayers: 1 }))
      expect(changed(before, numbers(concept)).sort()).toEqual([...queryAndValue].sort())
      for (const one of [encoder, concept]) one.dispose()
    }))

  test("a concept encoder that shares the weights which nothing changes learns the same, and frees its own alone", () =>
    leakCheck(async () => {
      const learned = async (lora: ReturnType<typeof loraSettings>) => {
        const encoder = tiny()
        const concept = copyEncoder(encoder, lora)
        const shared = Object.entries(concept.parameters).filter(([name, one]) => one === encoder.parameters[name])
        await drain(runs.contrastive(encoder, { concept }))
        const result = [numbers(encoder), numbers(concept)]
        concept.dispose()
        expect(numbers(encoder)).toEqual(result[0]!)
        encoder.dispose()
        return { result, shared: shared.map(([name]) => name) }
      }
      const [whole, sharing] = [await learned(undefined), await learned(loraSettings("test", { loraRank: 2 }))]
      expect(sharing.result).toEqual(whole.result)
      expect(whole.shared).toEqual([])
      expect([...sharing.shared, ...queryAndValue].sort()).toEqual(Object.keys(sharing.result[0]!).sort())
    }))

  test("stopped and resumed is equal to the bit", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const [whole, cut, resumed] = [tiny(), tiny(), tiny()]
      await drain(runs.contrastive(whole, {}))
      const checkpoint = { directory: dir.path, every: 1 }
      const controller = new AbortController()
      await drain(runs.contrastive(cut, { checkpoint, signal: controller.signal }), () => controller.abort())
      await drain(runs.contrastive(resumed, { checkpoint }))
      expect(numbers(resumed)).toEqual(numbers(whole))
      expect(numbers(cut)).not.toEqual(numbers(whole))
      for (const one of [whole, cut, resumed]) one.dispose()
    }))
})
