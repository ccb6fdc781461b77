import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { bottomParameters, type Encoder, forward, tokenBatch } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import {
  adapt,
  adaptSettings,
  loadModel,
  newModel,
  openSession,
  type SourceEvent,
  saveModel,
  type TadNerModel,
  trainSource
} from "@nuner/tadner"
import { close, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { tinyEncoder, toySentences } from "./support/toy.ts"

let encoder: Encoder
beforeAll(async () => {
  await testEngine()
  encoder = await tinyEncoder()
})
afterAll(() => encoder.dispose())

const sentences = toySentences(40, ["person", "city"], "source")
const options = { batchSize: 8, learningRate: 3e-3, epochs: 2 }

const weights = ({ classifier, detector }: TadNerModel): Array<number> => {
  const all = [...Object.values(detector.encoder.parameters), detector.kernel, ...Object.values(classifier.parameters)]
  return all.flatMap((variable) => [...variable.dataSync().slice(0, 50)])
}

const collect = async (events: AsyncIterable<SourceEvent>) => {
  const all: Array<SourceEvent> = []
  for await (const event of events) all.push(event)
  const done = all.at(-1)!
  return { all, model: done.type === "done" ? done.model : undefined }
}

describe("trainSource", () => {
  test("tells what it trains on, learns in both stages, leaves the encoder as it is, leaks nothing", async () => {
    const before = encoder.parameters["encoder.layer.1.output.dense.weight"]!.dataSync().slice()
    await leakCheck(async () => {
      const blank = [{ words: ["the", "and"], entities: [] }]
      const { all, model } = await collect(trainSource({ encoder, sentences: [...sentences, ...blank], ...options }))
      expect(all[0]).toEqual({
        ...{ type: "data", sentences: 40, withoutEntities: 1, truncated: 0, lostWords: 0, windowed: 0 },
        ...{ types: ["city", "person"], names: ["city", "person"], steps: { detector: 10, classifier: 10 } }
      })
      const losses = (stage: string) =>
        all.flatMap((event) => (event.type === "step" && event.stage === stage ? [event.loss] : []))
      expect(losses("detector")).toHaveLength(10)
      expect(losses("detector")[9]!).toBeLessThan(0.6 * losses("detector")[0]!)
      expect(losses("classifier")[9]!).toBeLessThan(losses("classifier")[0]!)
      const rates = all.flatMap((event) => (event.type === "step" && event.stage === "detector" ? [event.lr] : []))
      close(
        rates,
        rates.map((_, i) => 3e-3 * (1 - i / 10)),
        1e-9
      )
      model!.dispose()
    })
    close(encoder.parameters["encoder.layer.1.output.dense.weight"]!.dataSync(), before, 0)
  })

  test("is a function of its input, and an aborted run goes on equal to the bit", async () => {
    using dir = tempDir()
    await leakCheck(async () => {
      const whole = await collect(trainSource({ encoder, sentences, ...options }))
      for (const [stage, step] of [
        ["detector", 4],
        ["classifier", 3]
      ] as const) {
        const stop = new AbortController()
        const run = { encoder, sentences, ...options, checkpoints: dir.file("c"), checkpointEvery: 2 }
        const aborted = trainSource({ ...run, signal: stop.signal })
        for await (const event of aborted) {
          if (event.type === "step" && event.stage === stage && event.step === step) stop.abort()
          expect(event.type).not.toBe("done")
        }
      }
      const resumed = await collect(
        trainSource({ encoder, sentences, ...options, checkpoints: dir.file("c"), checkpointEvery: 2 })
      )
      const resume = resumed.all.filter(({ type }) => type === "resume")
      expect(resume).toMatchObject([
        { stage: "detector", step: 10 },
        { stage: "classifier", step: 3 }
      ])
      expect(weights(resumed.model!)).toEqual(weights(whole.model!))
      const other = trainSource({ encoder, sentences, ...options, seed: 1, checkpoints: dir.file("c") })
      await expect(collect(other)).rejects.toThrow("seed")
      resumed.model!.dispose()
      whole.model!.dispose()
    })
  })

  test("frozen layers stay to the bit, are one for both networks, and a sentence is encoded once", async () => {
    await leakCheck(async () => {
      const { model } = await collect(trainSource({ encoder, sentences, ...options, frozenLayers: 1 }))
      const { classifier, detector } = model!
      const bottom = new Set(bottomParameters(encoder.config, 1))
      for (const [name, variable] of Object.entries(encoder.parameters)) {
        const trained = [detector.encoder, classifier].map(({ parameters }) =>
          Bun.deepEquals(parameters[name]!.dataSync(), variable.dataSync())
        )
        expect({ name, trained }).toEqual({ name, trained: [bottom.has(name), bottom.has(name)] })
        expect(classifier.parameters[name]!.trainable).toBe(true)
      }
      const session = openSession(model!, adaptSettings({ frozenLayers: 1, phi: "last", steps: 2 }))
      await adapt(session, { types: ["city", "person"], names: ["city", "person"], support: sentences.slice(0, 3) })
      expect(session.lower.detector).toBe(session.lower.classifier!)
      // Three sentences and two type names, whichever network asks and however often.
      expect(session.lower.detector!.uses.encoded).toBe(5)
      session.close()
      model!.dispose()
      const far = trainSource({ encoder, sentences, ...options, frozenLayers: 2 })
      await expect(collect(far)).rejects.toThrow("at most 1")
      const beyond = trainSource({ encoder, sentences, ...options, frozenLayers: 3 })
      await expect(collect(beyond)).rejects.toThrow("the encoder has 2 layers, not 3")
    })
  })

  test("options and data are checked at the door", async () => {
    const run = (input: object) => collect(trainSource({ encoder, sentences, ...input }))
    await expect(run({ schem: "IO" })).rejects.toThrow('option "schem": unknown option; did you mean "scheme"?')
    await expect(run({ headDropout: 1 })).rejects.toThrow('"headDropout"')
    await expect(run({ sentences: [] })).rejects.toThrow("entities: there are none")
    const outside = [{ words: ["a"], entities: [{ start: 0, end: 2, type: "x" }] }]
    await expect(run({ sentences: outside })).rejects.toThrow("sentences: sentence 0: entity 0..2")
    await expect(run({ typeNames: { city: Array(90).fill("town").join(" ") } })).rejects.toThrow(
      `"${"town ".repeat(8)}..." has`
    )
  })

  test("leaving early frees everything", async () => {
    await leakCheck(async () => {
      for await (const event of trainSource({ encoder, sentences, ...options })) if (event.type === "step") break
    })
  })
})

describe("saveModel", () => {
  test("a loaded model computes the same; a model is not written over something else", async () => {
    using dir = tempDir()
    await leakCheck(async () => {
      const model = newModel(encoder, { scheme: "BIO", seed: 3 })
      await saveModel(dir.file("m"), model)
      await saveModel(dir.file("m"), model)
      const loaded = await loadModel(dir.file("m"))
      expect(weights(loaded)).toEqual(weights(model))
      expect(loaded.detector).toMatchObject({ scheme: "BIO", dropout: 0.2 })
      const batch = tokenBatch([Int32Array.of(0, 17, 2)], encoder.config.padId)
      tf.tidy(() => {
        const [mine] = forward(model.classifier, batch)
        const [theirs] = forward(loaded.classifier, batch)
        close(theirs!.dataSync(), mine!.dataSync(), 0)
      })
      await Bun.write(dir.file("other/file"), "something else")
      await expect(saveModel(dir.file("other"), model)).rejects.toThrow("it is something else")
      await expect(loadModel(dir.file("other"))).rejects.toThrow("no such file")
      // A network that came apart is not written, and what stood there stays.
      const bias = model.classifier.parameters["encoder.layer.0.output.dense.bias"]!
      tf.tidy(() => bias.assign(tf.fill(bias.shape, Number.NaN)))
      await expect(saveModel(dir.file("m"), model)).rejects.toThrow(
        `${dir.file("m")}/classifier/model.safetensors: tensor "encoder.layer.0.output.dense.bias": holds NaN`
      )
      ;(await loadModel(dir.file("m"))).dispose()
      await Bun.write(dir.file("m/tadner.json"), "{}")
      await expect(loadModel(dir.file("m"))).rejects.toThrow("tadner.json")
      model.dispose()
      loaded.dispose()
    })
  })
})
