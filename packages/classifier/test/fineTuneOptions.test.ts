import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { type Encoder, maxTokens } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { close, tempDir } from "@nuner/testing"
import { type FineTuneEvent, type FineTuneInput, FineTuneOptions, fineTune } from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

setDefaultTimeout(120_000)

/** Tensors of files that ran before this one in the same process. */
const before = tf.memory().numTensors
/** Without dropout in the encoder, a run is a function of what is asked for here. */
const encoder = toyEncoder({ dropout: 0, attentionDropout: 0 })
const train = toySentences(16, 1)
const dev = toySentences(8, 2)
/** One update, at full rate, of a head of one layer: what it changes can be told. */
const once = {
  ...{ epochs: 1, batchSize: 16, learningRate: 1e-3, headLearningRate: 1e-3, warmup: 0, weightDecay: 0 },
  ...{ headHidden: 0, dropout: 0, clip: 1e6 }
} as const

test("a rate may not grow from layer to layer", async () => {
  await expect(events({ layerDecay: 1.1 })).rejects.toThrow('"layerDecay"')
})

type Events = ReadonlyArray<FineTuneEvent>
const events = async (options: Omit<FineTuneInput, "encoder" | "train">): Promise<Events> => {
  const found: Array<FineTuneEvent> = []
  for await (const event of fineTune({ encoder, train, ...options })) {
    found.push(event)
    if (event.type === "done") made.push(event.classifier.encoder)
  }
  return found
}
const made: Array<Encoder> = []
const stepsOf = (of: Events) => of.filter((event) => event.type === "step")
const evaluationsOf = (of: Events) => of.filter((event) => event.type === "evaluation")
const doneOf = (of: Events) => {
  const last = of.at(-1)!
  if (last.type !== "done") throw new Error(`ended with ${last.type}`)
  return last
}
const classifierOf = (of: Events) => doneOf(of).classifier
const losses = async (options: object) => stepsOf(await events({ ...once, ...options })).map(({ loss }) => loss)

const values = ({ parameters }: Pick<Encoder, "parameters">, name: string) => parameters[name]!.dataSync()
/** The largest change of a weight of the encoder. Adam's first update moves what has a gradient by the learning rate. */
const moved = (of: Events, name: string) => {
  const after = values(classifierOf(of).encoder, name)
  return Math.max(...Array.from(values(encoder, name), (value, i) => Math.abs(value - after[i]!)))
}
const query = (layer: number) => `encoder.layer.${layer}.attention.self.query.weight`

/** One test for each option of the schema, by its name: it fails where the option is ignored. */
const tests: Record<keyof typeof FineTuneOptions.fields, () => Promise<void>> = {
  layers: async () => {
    const both = await events({ ...once, layers: [-1, 0] })
    expect(classifierOf(both).layers).toEqual([-1, 0])
    expect(classifierOf(both).head.kernel).toHaveLength(2 * 64 * 3)
  },
  pooling: async () => {
    const longWords = [{ words: ["Almaquitoriver", "Perthtoday"], entities: [{ start: 0, end: 1, type: "place" }] }]
    const [first, mean] = [await losses({ train: longWords }), await losses({ train: longWords, pooling: "mean" })]
    expect(first).not.toEqual(mean)
  },
  epochs: async () => expect(await losses({ epochs: 3 })).toHaveLength(3),
  batchSize: async () => expect(await losses({ batchSize: 5 })).toHaveLength(4),
  learningRate: async () => {
    const run = await events({ ...once, learningRate: 5e-3 })
    close([moved(run, query(1))], [5e-3], 1e-5)
    expect(stepsOf(run)[0]!.lr).toBe(5e-3)
  },
  headLearningRate: async () => {
    // Biases start at 0.
    const { bias } = classifierOf(await events({ ...once, headLearningRate: 7e-3 })).head
    close(
      bias.map(Math.abs),
      bias.map(() => 7e-3),
      1e-5
    )
  },
  layerDecay: async () => {
    const run = await events({ ...once, layerDecay: 0.5 })
    const names = [query(1), query(0), "embeddings.word_embeddings.weight"]
    close(
      names.map((name) => moved(run, name)),
      [1e-3, 5e-4, 2.5e-4],
      5e-6
    )
  },
  warmup: async () => {
    const rates = stepsOf(await events({ ...once, epochs: 4, warmup: 0.5 })).map(({ lr }) => lr)
    close(rates, [0, 5e-4, 1e-3, 5e-4], 1e-9)
  },
  weightDecay: async () => {
    // Two rows of the table of positions are no token's: nothing moves them but the decay.
    const name = "embeddings.position_embeddings.weight"
    const row = (of: Pick<Encoder, "parameters">) => values(of, name).slice(64 * (maxTokens(encoder.config) + 1))
    const decayed = classifierOf(await events({ ...once, weightDecay: 0.5 }))
    close(
      row(decayed.encoder),
      row(encoder).map((value) => value * (1 - 1e-3 * 0.5)),
      1e-7
    )
    expect(row(classifierOf(await events(once)).encoder)).toEqual(row(encoder))
  },
  clip: async () => {
    // Gradients far below Adam's epsilon move nothing.
    const run = await events({ ...once, clip: 1e-10 })
    expect(moved(run, query(1))).toBeLessThan(1e-5)
    expect(stepsOf(run)[0]!.gradNorm).toBeGreaterThan(0.01)
  },
  dropout: async () => expect(await losses({ dropout: 0.5 })).not.toEqual(await losses({})),
  headHidden: async () => {
    expect(classifierOf(await events({ ...once, headHidden: 5 })).head.dense!.bias).toHaveLength(5)
    const { headHidden: _, ...asIs } = once
    expect(classifierOf(await events(asIs)).head.dense!.bias).toHaveLength(64)
  },
  frozenLayers: async () => {
    const run = await events({ ...once, frozenLayers: 1 })
    for (const name of ["embeddings.word_embeddings.weight", query(0)]) expect(moved(run, name)).toBe(0)
    expect(moved(run, query(1))).toBeGreaterThan(5e-4)
    expect(moved(await events({ ...once, frozenLayers: "embeddings" }), query(0))).toBeGreaterThan(5e-4)
  },
  loraRank: async () => {
    const { encoder: adapted } = classifierOf(await events({ ...once, loraRank: 3 }))
    expect(adapted.parameters[query(0).replace("weight", "lora_A.weight")]!.shape).toEqual([64, 3])
    expect(values(adapted, query(0))).toEqual(values(encoder, query(0)))
  },
  loraAlpha: async () => {
    // B starts as 0: the scale shows from the second update on.
    const run = (loraAlpha: number) => losses({ epochs: 2, loraRank: 3, loraAlpha })
    const [small, large] = [await run(6), await run(60)]
    expect(await losses({ epochs: 2, loraRank: 3 })).toEqual(small)
    expect(large[0]).toBe(small[0]!)
    expect(large[1]).not.toBe(small[1]!)
  },
  loraTargets: async () => {
    const { encoder: adapted } = classifierOf(await events({ ...once, loraRank: 3, loraTargets: ["1.output.dense"] }))
    const added = Object.keys(adapted.parameters).filter((name) => name.includes("lora"))
    expect(added).toEqual(["A", "B"].map((one) => `encoder.layer.1.output.dense.lora_${one}.weight`))
  },
  loraDropout: async () => {
    const run = (options: object) => losses({ epochs: 2, loraRank: 3, loraAlpha: 60, ...options })
    expect((await run({ loraDropout: 0.5 }))[1]).not.toBe((await run({}))[1]!)
  },
  scheme: async () => {
    const { head, scheme } = classifierOf(await events({ ...once, scheme: "BIO" }))
    expect(scheme).toBe("BIO")
    expect(head.classes).toEqual(["O", "B-person", "I-person", "B-place", "I-place"])
  },
  types: async () => {
    const { head } = classifierOf(await events({ ...once, types: ["river"] }))
    expect(head.classes).toEqual(["O", "person", "place", "river"])
  },
  classWeights: async () => expect(await losses({ classWeights: "balanced" })).not.toEqual(await losses({})),
  metric: async () => {
    // At first the loss falls and no entity is found yet.
    const slow = { ...once, epochs: 3, dev, headLearningRate: 1e-5, learningRate: 1e-5 }
    const best = async (metric: "loss" | "entityF1" | "tokenF1") =>
      evaluationsOf(await events({ ...slow, metric })).map(({ best }) => best)
    expect(await best("loss")).toEqual([true, true, true])
    expect(await best("entityF1")).not.toEqual([true, true, true])
    const scores = evaluationsOf(await events({ ...once, epochs: 6, dev, metric: "tokenF1" }))
    let most = Number.NEGATIVE_INFINITY
    for (const { best, dev } of scores) {
      expect(best).toBe(dev.tokenF1 > most)
      most = Math.max(most, dev.tokenF1)
    }
  },
  evaluateEvery: async () => {
    const run = await events({ ...once, epochs: 5, dev, evaluateEvery: 2 })
    expect(evaluationsOf(run).map(({ epoch }) => epoch)).toEqual([2, 4, 5])
  },
  patience: async () => {
    const still = { ...once, epochs: 9, dev, learningRate: 1e-12, headLearningRate: 1e-12 }
    const run = await events({ ...still, patience: 2 })
    expect(run.at(-2)).toEqual({ type: "stop", step: 3, reason: "patience" })
    expect(run.filter(({ type }) => type === "stop")).toHaveLength(1)
  },
  calibrate: async () => {
    expect(doneOf(await events({ ...once, dev })).calibration!.temperature).not.toBe(1)
    const raw = doneOf(await events({ ...once, dev, calibrate: false }))
    expect([raw.calibration, raw.classifier.temperature]).toEqual([undefined, 1])
  },
  checkpoints: async () => {
    using dir = tempDir()
    const run = await events({ ...once, checkpoints: dir.path })
    expect(run.filter((event) => event.type === "checkpoint").map(({ path }) => path)).toEqual([
      dir.file("step-00000001")
    ])
  },
  checkpointEvery: async () => {
    using dir = tempDir()
    const run = await events({ ...once, epochs: 5, checkpoints: dir.path, checkpointEvery: 2 })
    expect(run.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []))).toEqual([2, 4, 5])
  },
  seed: async () => expect(await losses({ seed: 1 })).not.toEqual(await losses({})),
  batchTokens: async () => {
    const operations = async (batchTokens: number) => {
      const { kernels } = await tf.profile(async () => {
        await events({ ...once, dev, batchTokens, calibrate: false })
        return []
      })
      return kernels.length
    }
    expect(await operations(30)).toBeGreaterThan(await operations(2048))
  }
}

describe("option of fineTune", () => {
  for (const [name, run] of Object.entries(tests)) test(name, run)
  test("none is without a test", () => expect(Object.keys(tests)).toEqual(Object.keys(FineTuneOptions.fields)))
  test("tests leave nothing behind but their encoders", () => {
    for (const one of [...made, encoder]) one.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
