import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Episode, LabelledSentence } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import {
  adaptSettings,
  copyModel,
  type EpisodeRecord,
  episodeSettings,
  type RunEpisodesInput,
  runEpisodes,
  type SourceEvent,
  type SourceInput,
  sourceSettings,
  type TadNerModel,
  tagsOf,
  trainSource
} from "@nuner/tadner"
import { tempDir, testEngine } from "@nuner/testing"
import { EpisodeOptions, SourceOptions } from "../src/options.ts"
import { tinyEncoder, toyModel, toySentences } from "./support/toy.ts"

setDefaultTimeout(120_000)

/** Each option of each schema bears on what is computed: a test by its name that fails where the option is ignored. Switches: switches.test.ts. */

let encoder: Encoder
let model: TadNerModel
beforeAll(async () => {
  await testEngine()
  encoder = await tinyEncoder()
  model = await toyModel(encoder)
}, 600_000)
afterAll(() => {
  model.dispose()
  encoder.dispose()
})

const join = (sentences: ReadonlyArray<LabelledSentence>): LabelledSentence => ({
  words: sentences.flatMap(({ words }) => words),
  entities: sentences.flatMap(({ entities }, i) =>
    entities.map(({ end, start, type }) => ({ start: start + 7 * i, end: end + 7 * i, type }))
  )
})
const query = "encoder.layer.0.attention.self.query.weight"
const weight = (of: Encoder) => [...of.parameters[query]!.dataSync()]
const operations = async (work: () => Promise<unknown>): Promise<number> => {
  const { kernels } = await tf.profile(async () => {
    await work()
    return []
  })
  return kernels.length
}

describe("source training", () => {
  const sentences = [
    ...toySentences(15, ["person", "city"], "source"),
    join(toySentences(4, ["person", "city"], "long"))
  ]
  const run = async (options: Partial<SourceInput>) => {
    const events: Array<SourceEvent> = []
    for await (const event of trainSource({ encoder, sentences, batchSize: 8, learningRate: 3e-3, ...options })) {
      events.push(event)
    }
    const [data, done] = [events[0]!, events.at(-1)!]
    if (data.type !== "data" || done.type !== "done") throw new Error(`${data.type} ... ${done.type}`)
    const steps = events.filter((event) => event.type === "step")
    const loss = (stage: string) => steps.find((event) => event.stage === stage)!.loss
    const trained = { bottom: weight(done.model.detector.encoder), dropout: done.model.detector.dropout }
    done.model.dispose()
    return { data, steps, detector: loss("detector"), classifier: loss("classifier"), trained, events }
  }
  const tests: Record<
    Exclude<keyof typeof SourceOptions.fields, "scheme" | "loseAdjacentSingletons">,
    () => Promise<void>
  > = {
    mode: async () => {
      const { data } = await run({ mode: "published", maxTokens: 20 })
      expect([data.truncated, data.windowed]).toEqual([1, 0])
    },
    long: async () => {
      const { data } = await run({ long: "truncate", maxTokens: 20 })
      expect([data.truncated, data.windowed]).toEqual([1, 0])
    },
    maxTokens: async () => {
      expect((await run({ maxTokens: 20 })).data.windowed).toBe(1)
      expect((await run({})).data.windowed).toBe(0)
    },
    learningRate: async () => expect((await run({ learningRate: 2e-3 })).steps[0]!.lr).toBe(2e-3),
    frozenLayers: async () => {
      expect((await run({ frozenLayers: 1 })).trained.bottom).toEqual(weight(encoder))
      expect((await run({ frozenLayers: "embeddings" })).trained.bottom).not.toEqual(weight(encoder))
    },
    seed: async () => expect((await run({ seed: 5 })).detector).not.toBe((await run({})).detector),
    epochs: async () => expect((await run({ epochs: 3 })).data.steps).toEqual({ detector: 6, classifier: 6 }),
    batchSize: async () => expect((await run({ batchSize: 4 })).data.steps).toEqual({ detector: 4, classifier: 4 }),
    headDropout: async () => {
      const [more, less] = [await run({ headDropout: 0.7 }), await run({})]
      expect(more.detector).not.toBe(less.detector)
      expect(more.trained.dropout).toBe(0.7)
    },
    temperature: async () => {
      const [warm, cold] = [await run({ temperature: 1 }), await run({})]
      expect(warm.classifier).not.toBe(cold.classifier)
      expect(warm.detector).toBe(cold.detector)
    },
    checkpoints: async () => {
      using dir = tempDir()
      const { events } = await run({ checkpoints: dir.path })
      const paths = events.flatMap((event) => (event.type === "checkpoint" ? [event.path] : []))
      expect(paths).toEqual(["detector", "classifier"].map((stage) => dir.file(`${stage}/step-00000002`)))
    },
    checkpointEvery: async () => {
      using dir = tempDir()
      const { events } = await run({ checkpoints: dir.path, checkpointEvery: 1 })
      expect(events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []))).toEqual([1, 2, 1, 2])
    }
  }
  for (const [name, body] of Object.entries(tests)) test(name, body)
  test("none is without a test", () => {
    const names = [...Object.keys(tests), "scheme", "loseAdjacentSingletons"]
    expect(names.sort()).toEqual(Object.keys(SourceOptions.fields).sort())
  })
})

describe("adaptation and episodes", () => {
  const types = ["animal", "color"]
  const episode: Episode = {
    types,
    support: toySentences(4, types, "support"),
    query: [join(toySentences(4, types, "long")), ...toySentences(6, types, "query")]
  }
  const solve = async (options: Partial<RunEpisodesInput>): Promise<EpisodeRecord> => {
    const shared = { model, episodes: [episode], learningRate: 3e-3, steps: 4, detectorPatience: 4 } as const
    for await (const event of runEpisodes({ ...shared, ...options })) if (event.type === "episode") return event.record
    throw new Error("no record")
  }
  /** Of a run that goes on while the loss rises: how far is decided by the patience alone. */
  const restless = { learningRate: 0.3, steps: 12, detectorPatience: 0, classifierPatience: 0 } as const
  const switches = ["loseAdjacentSingletons", "typeDropout", "normaliseOverSpans", "misalign", "onNoSpan"] as const
  const tests: Record<Exclude<keyof typeof EpisodeOptions.fields, (typeof switches)[number]>, () => Promise<void>> = {
    mode: async () =>
      expect(await solve({ mode: "published", maxTokens: 20 })).toMatchObject({ truncated: 1, windowed: 0 }),
    long: async () =>
      expect(await solve({ long: "truncate", maxTokens: 20 })).toMatchObject({ truncated: 1, windowed: 0 }),
    maxTokens: async () => {
      expect((await solve({ maxTokens: 20 })).windowed).toBe(1)
      expect((await solve({})).windowed).toBe(0)
    },
    learningRate: async () => {
      expect((await solve({ learningRate: 1e-3 })).filter.threshold).not.toBe((await solve({})).filter.threshold)
    },
    frozenLayers: async () => {
      expect((await solve({ frozenLayers: 1, phi: "last" })).filter.threshold).not.toBe(
        (await solve({ phi: "last" })).filter.threshold
      )
    },
    seed: async () => expect((await solve({ seed: 3 })).filter.threshold).not.toBe((await solve({})).filter.threshold),
    phi: async () => {
      expect((await solve({ phi: "last", steps: 0 })).filter.threshold).not.toBe(
        (await solve({ steps: 0 })).filter.threshold
      )
    },
    filter: async () => {
      // A detector that takes every word for an entity finds many that fit no type.
      const eager = copyModel(model)
      const bias = Float32Array.from(tagsOf("BIOES"), (tag) => (tag.startsWith("S") ? 50 : 0))
      tf.tidy(() => eager.detector.bias.assign(tf.tensor1d(bias)))
      const removed = async (options: Partial<RunEpisodesInput>) =>
        (await solve({ model: eager, steps: 0, ...options })).filter.removed
      expect(await removed({})).toBeGreaterThan(0)
      expect(await removed({ filter: false })).toBe(0)
      eager.dispose()
    },
    steps: async () => expect((await solve({ steps: 1 })).steps).toEqual({ detector: 1, classifier: 1 }),
    detectorPatience: async () => {
      const [none, some] = [await solve(restless), await solve({ ...restless, detectorPatience: 12 })]
      expect(some.steps.detector).toBeGreaterThan(none.steps.detector)
    },
    classifierPatience: async () => {
      const [none, some] = [await solve(restless), await solve({ ...restless, classifierPatience: 12 })]
      expect(some.steps.classifier).toBeGreaterThan(none.steps.classifier)
    },
    batchTokens: async () => {
      expect(await operations(() => solve({ batchTokens: 20 }))).toBeGreaterThan(await operations(() => solve({})))
    }
  }
  for (const [name, body] of Object.entries(tests)) test(name, body)
  test("none is without a test", () => {
    expect([...Object.keys(tests), ...switches].sort()).toEqual(Object.keys(EpisodeOptions.fields).sort())
  })
})

test("every option that is given is in the settings", () => {
  const common = { mode: "published", long: "windows", loseAdjacentSingletons: false, maxTokens: 9, learningRate: 0.5 }
  const shared = { ...common, frozenLayers: "half", seed: 3 } as const
  const source = { scheme: "BIO", epochs: 2, batchSize: 3, headDropout: 0.5, temperature: 2, checkpoints: "a" } as const
  const adaptation = { phi: "last", typeDropout: false, normaliseOverSpans: false, filter: false, steps: 3 } as const
  const rest = { detectorPatience: 4, classifierPatience: 5, batchTokens: 6 } as const
  const given = {
    source: { ...shared, ...source, checkpointEvery: 7 } as SourceInput,
    adapt: { ...shared, ...adaptation, ...rest } as object
  }
  expect(sourceSettings(given.source)).toEqual(given.source as never)
  expect(adaptSettings(given.adapt)).toEqual(given.adapt as never)
  const episodes = { ...given.adapt, long: "truncate", misalign: false, onNoSpan: "empty" } as const
  expect(episodeSettings(episodes)).toEqual(episodes as never)
})
