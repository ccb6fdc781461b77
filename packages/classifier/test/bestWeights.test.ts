import { expect, test } from "bun:test"
import { leakCheck, tempDir } from "@nuner/testing"
import { type FineTuneInput, fineTune } from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

test("with a directory for checkpoints the best epoch's weights come from there, and are those kept in memory without", () =>
  leakCheck(async () => {
    using dir = tempDir()
    const encoder = toyEncoder()
    const [train, dev] = [toySentences(16, 1), toySentences(12, 2)]
    // A rate that climbs out of any optimum: the last epoch is not the best.
    const rates = { learningRate: 0.1, headLearningRate: 0.1, warmup: 0.99, epochs: 5 }
    const outcome = async (options: Partial<FineTuneInput>) => {
      const events = await Array.fromAsync(fineTune({ encoder, train, dev, ...rates, ...options }))
      const done = events.at(-1)!
      if (done.type !== "done") throw new Error(`ended with ${done.type}`)
      const { epoch, classifier } = done
      const { head } = classifier
      classifier.dispose()
      return { epoch, head }
    }
    const inMemory = await outcome({})
    expect(inMemory.epoch).toBeLessThan(5)
    expect(await outcome({ checkpoints: dir.file("run") })).toEqual(inMemory)
    encoder.dispose()
  }))
