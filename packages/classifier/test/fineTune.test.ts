import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { readdir } from "node:fs/promises"
import type { LabelledSentence } from "@nuner/core"
import { type Encoder, loadAdapter } from "@nuner/encoder"
import { leakCheck, tempDir } from "@nuner/testing"
import {
  type FineTuneEvent,
  type FineTuneInput,
  fineTune,
  loadClassifier,
  saveClassifier,
  tokenClassifier
} from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

// Training takes seconds, and more where others compute too.
setDefaultTimeout(120_000)

const train = toySentences(40, 1)
const dev = toySentences(20, 2)
const quick = { epochs: 4, learningRate: 3e-3, headLearningRate: 3e-3 } as const

const collect = async (input: FineTuneInput): Promise<Array<FineTuneEvent>> => {
  const events: Array<FineTuneEvent> = []
  for await (const event of fineTune(input)) events.push(event)
  return events
}
const doneOf = (events: Array<FineTuneEvent>) => {
  const last = events.at(-1)!
  if (last.type !== "done") throw new Error(`ended with ${last.type}`)
  return last
}
const evaluations = (events: Array<FineTuneEvent>) => events.filter((event) => event.type === "evaluation")
/** Without scores, which merging changes in the last digit. */
const plain = (entities: ReadonlyArray<{ start: number; end: number; type: string }>) =>
  entities.map(({ start, end, type }) => [start, end, type])
const numbers = ({ parameters }: Pick<Encoder, "parameters">, name: string) => [...parameters[name]!.dataSync()]

describe("fineTune", () => {
  for (const options of [
    { epochs: 8 },
    { epochs: 15, scheme: "BIO", pooling: "mean", layers: [-1, 0], headHidden: 0 },
    { epochs: 30, frozenLayers: 1, classWeights: "balanced", layerDecay: 0.9, dropout: 0 }
  ] as const) {
    test(`learns a task that words decide: ${JSON.stringify(options)}`, () =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = toyEncoder()
        const before = numbers(encoder, "embeddings.word_embeddings.weight")
        const events = await collect({ encoder, train, dev, ...quick, ...options })
        expect(events[0]).toMatchObject({ type: "data", report: { sentences: 40 } })
        expect(events.filter(({ type }) => type === "step").length).toBe(options.epochs * 5)
        const { classifier, epoch, calibration } = doneOf(events)
        const best = Math.max(...evaluations(events).map(({ dev }) => dev.entityF1))
        expect(best).toBeGreaterThan(0.9)
        expect(evaluations(events).find((event) => event.dev.entityF1 === best)!.epoch).toBe(epoch)
        expect(calibration!.temperature).toBe(classifier.temperature)
        // The caller's encoder is as it was.
        expect(numbers(encoder, "embeddings.word_embeddings.weight")).toEqual(before)
        const after = numbers(classifier.encoder, "embeddings.word_embeddings.weight")
        if ("frozenLayers" in options) expect(after).toEqual(before)
        else expect(after).not.toEqual(before)
        // Saved and loaded, it predicts the same.
        await saveClassifier(dir.file("model"), classifier)
        const loaded = await loadClassifier(dir.file("model"))
        expect(await loaded.predictWords(dev)).toEqual(await classifier.predictWords(dev))
        for (const one of [encoder, classifier, loaded]) one.dispose()
      }))
  }

  describe("with adapters", () => {
    const lora = { epochs: 12, learningRate: 0.02, headLearningRate: 0.02, loraRank: 4, headHidden: 0 } as const

    test("learns, while the encoder's own weights stay to the bit; is saved merged, and as PEFT has it", () =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = toyEncoder()
        const events = await collect({ encoder, train, dev, ...lora })
        expect(Math.max(...evaluations(events).map(({ dev }) => dev.entityF1))).toBeGreaterThan(0.7)
        const { classifier } = doneOf(events)
        const { parameters } = classifier.encoder
        const added = Object.keys(parameters).filter((name) => !Object.hasOwn(encoder.parameters, name))
        expect(added).toHaveLength(2 * 2 * 2)
        for (const name of Object.keys(encoder.parameters)) {
          expect(numbers(classifier.encoder, name)).toEqual(numbers(encoder, name))
        }
        for (const name of added) {
          expect(parameters[name]!.shape).toContain(4)
          expect(numbers(classifier.encoder, name).some((value) => value !== 0)).toBe(true)
        }
        await saveClassifier(dir.file("model"), classifier, { base: "toy" })
        const loaded = await loadClassifier(dir.file("model"))
        expect(Object.keys(loaded.encoder.parameters).sort()).toEqual(Object.keys(encoder.parameters).sort())
        const predicted = await classifier.predictWords(dev)
        const again = await loaded.predictWords(dev)
        expect(again.map(plain)).toEqual(predicted.map(plain))
        expect(predicted.flat().length).toBeGreaterThan(10)
        // The adapters beside the encoder that they were trained with, and the head that came with them.
        const { encoder: adapted, head } = await loadAdapter(dir.file("model/adapter"), encoder)
        expect(head).toEqual({ kernel: classifier.head.kernel, bias: classifier.head.bias })
        const beside = tokenClassifier({ encoder: adapted, head: { classes: classifier.head.classes, ...head! } })
        expect((await beside.predictWords(dev)).map(plain)).toEqual(predicted.map(plain))
        // A model without adapters leaves none of them behind.
        await saveClassifier(dir.file("model"), loaded)
        expect(await readdir(dir.file("model"))).not.toContain("adapter")
        for (const one of [encoder, classifier, loaded]) one.dispose()
      }))

    test("stopped and resumed is equal to the bit", () =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = toyEncoder({ dropout: 0.1 })
        const options = { encoder, train, dev, ...lora, epochs: 2, loraDropout: 0.2 }
        const whole = doneOf(await collect(options))
        const controller = new AbortController()
        for await (const event of fineTune({ ...options, checkpoints: dir.path, signal: controller.signal })) {
          if (event.type === "step" && event.step === 7) controller.abort()
        }
        const events = await collect({ ...options, checkpoints: dir.path })
        expect(events[1]).toMatchObject({ type: "resume", step: 7 })
        const resumed = doneOf(events)
        expect(resumed.classifier.head).toEqual(whole.classifier.head)
        for (const name of Object.keys(whole.classifier.encoder.parameters)) {
          expect(numbers(resumed.classifier.encoder, name)).toEqual(numbers(whole.classifier.encoder, name))
        }
        for (const { classifier } of [whole, resumed]) classifier.dispose()
        encoder.dispose()
      }))

    test("of wrong layers, or without a rank, are refused; nothing is left behind", () =>
      leakCheck(async () => {
        const encoder = toyEncoder()
        await expect(collect({ encoder, train, loraRank: 4, loraTargets: ["qery"] })).rejects.toThrow('"qery"')
        await expect(collect({ encoder, train, loraAlpha: 4 })).rejects.toThrow(
          'fineTune: option "loraAlpha": does nothing without loraRank'
        )
        await expect(collect({ encoder, train, loraRank: 4, frozenLayers: 2 })).rejects.toThrow("frozen layers only")
        encoder.dispose()
      }))
  })

  test("what an ignored word is labelled has no say", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const learned = async (of: (sentence: (typeof train)[number]) => LabelledSentence) => {
        const { classifier } = doneOf(await collect({ encoder, train: train.map(of), ...quick, epochs: 1 }))
        const weights = numbers(classifier.encoder, "embeddings.word_embeddings.weight")
        classifier.dispose()
        return weights
      }
      const types = [...new Set(train.flatMap(({ entities }) => entities.map(({ type }) => type)))]
      const mislabelled = (sentence: (typeof train)[number]) => ({
        ...sentence,
        entities: [{ start: 0, end: 1, type: types[0]! }, ...sentence.entities.filter(({ start }) => start > 0)]
      })
      const ignoring = await learned((sentence) => ({ ...sentence, ignored: [0] }))
      expect(await learned((sentence) => ({ ...mislabelled(sentence), ignored: [0] }))).toEqual(ignoring)
      expect(await learned(mislabelled)).not.toEqual(ignoring)
      encoder.dispose()
    }))

  test("takes the weights of the best epoch, and stops early", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      // A rate at which it falls apart again.
      const options = { ...quick, epochs: 30, learningRate: 0.02, headLearningRate: 0.02, patience: 2, seed: 3 }
      const events = await collect({ encoder, train, dev, ...options })
      const scores = evaluations(events)
      const best = scores.findLast(({ best }) => best)!
      const { classifier, epoch } = doneOf(events)
      expect(epoch).toBe(best.epoch)
      expect(scores.length).toBe(best.epoch + 2)
      expect(events).toContainEqual({ type: "stop", step: best.step + 10, reason: "patience" })
      const predicted = await classifier.predictWords(dev)
      const gold = new Set(dev.flatMap(({ entities }, i) => entities.map((e) => `${i} ${e.start} ${e.end} ${e.type}`)))
      const found = predicted.flatMap((entities, i) => entities.map((e) => `${i} ${e.start} ${e.end} ${e.type}`))
      const f1 = (2 * found.filter((key) => gold.has(key)).length) / (gold.size + found.length)
      expect(f1).toBeCloseTo(best.dev.entityF1, 10)
      for (const one of [encoder, classifier]) one.dispose()
    }))

  test("stopped and resumed is equal to the bit", () =>
    leakCheck(async () => {
      using dir = tempDir()
      const encoder = toyEncoder()
      const options = { encoder, train, dev, ...quick }
      const whole = doneOf(await collect({ ...options, checkpoints: dir.file("whole") }))
      const controller = new AbortController()
      const first: Array<FineTuneEvent> = []
      for await (const event of fineTune({ ...options, checkpoints: dir.file("cut"), signal: controller.signal })) {
        first.push(event)
        if (event.type === "step" && event.step === 7) controller.abort()
      }
      expect(first.at(-1)).toEqual({ type: "stop", step: 7, reason: "aborted" })
      const second = await collect({ ...options, checkpoints: dir.file("cut") })
      expect(second[1]).toMatchObject({ type: "resume", step: 7 })
      const resumed = doneOf(second)
      expect(resumed.classifier.head).toEqual(whole.classifier.head)
      expect(resumed.calibration).toEqual(whole.calibration)
      const last = "encoder.layer.1.output.dense.weight"
      expect(numbers(resumed.classifier.encoder, last)).toEqual(numbers(whole.classifier.encoder, last))
      // In memory, without checkpoints, it is the same run.
      const inMemory = doneOf(await collect(options))
      expect(inMemory.classifier.head).toEqual(whole.classifier.head)
      await expect(collect({ ...options, seed: 1, checkpoints: dir.file("cut") })).rejects.toThrow("seed")
      expect((await readdir(dir.file("cut"))).length).toBeGreaterThan(0)
      for (const { classifier } of [whole, resumed, inMemory]) classifier.dispose()
      encoder.dispose()
    }))

  test("windows of a long sentence teach every word once", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const long = toySentences(6, 1, 60)
      const events = await collect({ encoder, train: long, ...quick, epochs: 20, pooling: "mean" })
      const { classifier } = doneOf(events)
      const steps = events.filter(({ type }) => type === "step").length
      expect(steps).toBe(20 * Math.ceil((6 * 3) / 8))
      const predicted = await classifier.predictWords(long)
      const hits = predicted.flatMap((entities, i) =>
        entities.filter((e) =>
          long[i]!.entities.some((g) => g.start === e.start && g.end === e.end && g.type === e.type)
        )
      )
      expect(hits.length / long.flatMap(({ entities }) => entities).length).toBeGreaterThan(0.9)
      for (const one of [encoder, classifier]) one.dispose()
    }))

  test("weights of classes weigh: a heavy type is found more often", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const found = async (weight: number) => {
        const options = { ...quick, epochs: 2, classWeights: { person: weight } }
        const { classifier } = doneOf(await collect({ encoder, train, ...options }))
        const all = (await classifier.predictWords(dev)).flat().filter(({ type }) => type === "person").length
        classifier.dispose()
        return all
      }
      expect(await found(50)).toBeGreaterThan(await found(0.02))
      encoder.dispose()
    }))

  test("says what it cannot do; a loop that is left frees everything", () =>
    leakCheck(async () => {
      const encoder = toyEncoder()
      const fails = async (input: Partial<FineTuneInput>, message: string) => {
        const error = await collect({ encoder, train, ...input }).then(
          () => undefined,
          (cause: Error) => cause
        )
        expect(error?.message ?? "no error").toContain(message)
      }
      await fails({ train: [] }, "train: holds no words")
      await fails({ train: [{ words: ["a"], entities: [] }] }, "train: holds no entity")
      await fails({ frozenLayers: 3 }, "the encoder has 2 layers")
      await fails({ patience: 2 }, "needs a dev set")
      await fails({ classWeights: { persn: 2 } }, 'no type "persn"')
      await fails({ learningrate: 1 } as never, 'did you mean "learningRate"')
      await fails({ dev: [] }, "dev: holds no words")
      await fails({ layers: [-8] }, "-8")
      await fails({ ...quick, learningRate: 1e30 }, "step")
      for await (const event of fineTune({ encoder, train, dev, ...quick })) if (event.type === "evaluation") break
      for await (const event of fineTune({ encoder, train })) if (event.type === "data") break
      encoder.dispose()
    }))
})
