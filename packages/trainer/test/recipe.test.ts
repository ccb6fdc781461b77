import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  type Encoder,
  type EncoderConfig,
  randomEncoder,
  small,
  type Tokenizer,
  trainByteLevelBpe
} from "@nuner/encoder"
import { type Examples, type Parameters, tf } from "@nuner/engine"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import {
  decodeSupervisedOptions,
  type Objective,
  type SupervisedOptions,
  type TrainingEvent,
  trainObjective
} from "@nuner/trainer"

/**
 * The recipe with the smallest objective there is: one number x, which every batch pulls towards the mean of its examples. What the recipe
 * does can be written out by hand.
 */
let tokenizer: Tokenizer
let encoder: Encoder
beforeAll(async () => {
  await testEngine()
  tokenizer = await trainByteLevelBpe(["a text"], { vocabSize: 262 })
  const config: EncoderConfig = small({ hidden: 8, layers: 2, heads: 2, feedForward: 8, positions: 16 })
  encoder = randomEncoder(config, tokenizer, 1)
})
afterAll(() => encoder.dispose())

interface Place {
  readonly name: string
  readonly done: number
  readonly training: boolean
}

const numbersOf = (count: number): Examples<number> => ({
  count,
  fingerprint: String(count),
  at: async (numbers) => Array.from(numbers)
})

/** What the objective was asked for, and x. */
const follow = async (
  options: Partial<SupervisedOptions>,
  {
    count = 8,
    held = 2,
    steps = 4,
    empty = () => false,
    ...rest
  }: {
    count?: number
    held?: number
    steps?: number
    empty?: (batch: ReadonlyArray<number>) => boolean
    directory?: string
  } = {}
) => {
  const x = tf.tidy(() => tf.variable(tf.scalar(0)))
  const seen: Array<Place & { readonly batch: ReadonlyArray<number> }> = []
  const events: Array<TrainingEvent<{ readonly loss: number }>> = []
  const objective: Objective<number, ReadonlyArray<number>, { readonly loss: number }> = {
    parameters: { ...encoder.parameters, x } satisfies Parameters,
    examples: numbersOf(count),
    held: numbersOf(held),
    batch: async (batch, place) => {
      seen.push({ ...place, batch })
      return empty(batch) ? undefined : batch
    },
    loss: (batch) => {
      const mean = batch.reduce((sum, number) => sum + number, 0) / batch.length
      return tf.square(tf.sub(x, mean)) as tf.Scalar
    },
    validate: async (batches) => {
      await Array.fromAsync(batches)
      return { loss: Math.abs(x.dataSync()[0]! - 2) }
    },
    tokens: (batch) => batch.length,
    reading: { numbers: 3 },
    dispose: () => x.dispose()
  }
  const settings = decodeSupervisedOptions({ preset: "small", batchSize: 2, learningRate: 1, warmup: 0, ...options })
  const checkpoint = rest.directory === undefined ? undefined : { directory: rest.directory, every: 1 }
  try {
    for await (const event of trainObjective({ objective, encoder, settings, steps, checkpoint })) events.push(event)
    return { seen, events, x: x.dataSync()[0]! }
  } finally {
    objective.dispose()
  }
}
const steps = (events: ReadonlyArray<TrainingEvent<unknown>>) => events.filter((event) => event.type === "step")

describe("the recipe", () => {
  test("trains on each example once an epoch and validates on the held ones in order, and owns its tensors", () =>
    leakCheck(async () => {
      const { events, seen } = await follow({}, { steps: 8, held: 3 })
      const trained = seen.filter(({ training }) => training)
      for (const epoch of [trained.slice(0, 4), trained.slice(4)]) {
        expect(epoch.flatMap(({ batch }) => [...batch]).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
      }
      expect(trained.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => `train ${index}`))
      expect(trained.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => index / 8))
      expect(seen.filter(({ training }) => !training).slice(0, 2)).toEqual([
        { name: "held 0", done: 1, training: false, batch: [0, 1] },
        { name: "held 2", done: 1, training: false, batch: [2] }
      ])
      // Before the first step and at the end of each epoch.
      expect(events.flatMap((event) => (event.type === "validation" ? [event.step] : []))).toEqual([0, 4, 8])
      expect(events.slice(-2)).toMatchObject([
        { type: "read", counts: { numbers: 3 } },
        { type: "done", step: 8 }
      ])
    }))

  test("learning rates of the three schedules, written out", async () => {
    const rates = async (options: Partial<SupervisedOptions>) =>
      steps((await follow({ warmup: 0.2, learningRate: 0.1, ...options }, { steps: 10, held: 0 })).events).map(
        ({ lr }) => Number(lr.toFixed(6))
      )
    const rounded = (values: ReadonlyArray<number>) => values.map((value) => Number(value.toFixed(6)))
    expect(await rates({})).toEqual(rounded([0, 0.05, 0.1, 0.0875, 0.075, 0.0625, 0.05, 0.0375, 0.025, 0.0125]))
    const half = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => 0.05 * (1 + Math.cos((Math.PI * step) / 8)))
    expect(await rates({ schedule: "cosine" })).toEqual(rounded([0, 0.05, ...half]))
    expect(await rates({ schedule: "stable", decay: 0.4 })).toEqual(
      rounded([0, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.075, 0.05, 0.025])
    )
  })

  test("accumulated batches are one step of their mean gradient", async () => {
    const { events, seen } = await follow({ accumulate: 4 }, { steps: 1, held: 0 })
    expect(seen).toHaveLength(4)
    // x = 0: the gradient is -2 times the mean of all eight numbers.
    expect(steps(events)).toMatchObject([{ gradNorm: expect.closeTo(7, 5), tokens: 8 }])
  })

  test("ends when validation no longer improves, with the best weights where they are asked for", async () => {
    const best = async (weights: "last" | "best") => {
      using directory = tempDir()
      const options = { weights, patience: 2, validateEvery: 1, learningRate: 1, warmup: 0 }
      const { events, x } = await follow(options, { steps: 50, count: 8, directory: directory.path })
      expect(events.at(-1)).toMatchObject({ type: "stop", reason: "patience" })
      const losses = events.flatMap((event) =>
        event.type === "validation" && event.step > 0 ? [event.scores.loss] : []
      )
      const least = Math.min(...losses)
      expect(losses.length - 1 - losses.indexOf(least)).toBe(2)
      return { x, least }
    }
    const [last, kept] = [await best("last"), await best("best")]
    expect(Math.abs(kept.x - 2)).toBeCloseTo(kept.least, 6)
    expect(Math.abs(last.x - 2)).toBeGreaterThan(last.least)
  })

  test("what needs a validation or a checkpoint is refused without one, by name", async () => {
    await expect(follow({ patience: 1 }, { held: 0 })).rejects.toThrow(
      'option "patience": needs examples to validate on'
    )
    await expect(follow({ weights: "best" })).rejects.toThrow('option "weights": "best" needs a checkpoint directory')
    const nowhere = { held: 0, directory: "nowhere" }
    await expect(follow({ weights: "best" }, nowhere)).rejects.toThrow(
      'option "weights": "best" needs examples to validate on'
    )
  })

  test("an epoch with nothing to learn is an error, one with something is not", async () => {
    const nothing = follow({}, { empty: () => true, held: 0, steps: 9 })
    await expect(nothing).rejects.toThrow("none of the first 4 batches has anything to learn")
    const { events } = await follow({}, { empty: (batch) => !batch.includes(3), held: 0, steps: 8 })
    expect(steps(events)).toHaveLength(2)
    expect(events.filter(({ type }) => type === "skip")).toHaveLength(6)
  })

  test("what is frozen is not trainable while the run lasts, and is again afterwards", async () => {
    const frozen = async (frozenLayers: SupervisedOptions["frozenLayers"]) => {
      const held: Array<ReadonlyArray<string>> = []
      const watched = follow(
        { frozenLayers: frozenLayers! },
        {
          steps: 1,
          held: 0,
          empty: () => {
            const names = Object.entries(encoder.parameters).filter(([, { trainable }]) => !trainable)
            held.push(names.map(([name]) => name.replace(/\..*?(\d|$).*/, "$1")))
            return false
          }
        }
      )
      await watched
      expect(Object.values(encoder.parameters).every(({ trainable }) => trainable)).toBe(true)
      return [...new Set(held[0])].sort()
    }
    expect(await frozen(0)).toEqual([])
    expect(await frozen("embeddings")).toEqual(["embeddings"])
    expect(await frozen(1)).toEqual(["embeddings", "encoder0"])
    expect(await frozen("half")).toEqual(["embeddings", "encoder0"])
    expect(await frozen(2)).toEqual(["embeddings", "encoder0", "encoder1"])
    await expect(follow({ frozenLayers: 3 })).rejects.toThrow("the encoder has 2 layers, not 3")
  })
})
