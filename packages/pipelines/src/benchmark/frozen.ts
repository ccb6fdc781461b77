import {
  classesOf,
  fitProbe,
  headOfScores,
  predictFeatures,
  selectLayers,
  selectSentences,
  type WordFeatures,
  wordFeatures
} from "@nuner/classifier"
import { typeScores } from "@nuner/zeroshot"
import { schemeFor } from "./bareCeiling.ts"
import type { FrozenProtocol } from "./Definition.ts"
import { emitting } from "./emitting.ts"
import type { Protocol, ProtocolEvent } from "./Protocol.ts"

/**
 * Sentences go through the encoder once, whatever layers are read of it; each set then costs a logistic regression or two (NuNER, section
 * 4.1).
 */
export const frozen: Protocol<FrozenProtocol> = async function* ({ dataset, encoder, readings, signal }) {
  const { named, test, train, types } = dataset
  const { pooling } = readings[0]!.settings
  // By the training data alone: no test label chooses.
  const chosen = schemeFor(train)
  const depth = encoder.config.layers + 1
  const place = (layer: number) => (layer < 0 ? layer + depth : layer)
  const layers = [...new Set(readings.flatMap(({ settings }) => settings.layers.map(place)))]
  // Sentences of every set, measured or not: vectors depend on what shares a batch, in their last digits.
  const needed = [...new Set(dataset.sets.flatMap(({ indexes }) => indexes))].sort((a, b) => a - b)
  const row = new Map(needed.map((index, at) => [index, at]))
  const of = needed.length + test.length
  const encoded = yield* emitting<ProtocolEvent, [WordFeatures, WordFeatures]>(async (emit, signal) => {
    const encode = (sentences: typeof test, before: number) =>
      wordFeatures(encoder, sentences, {
        ...{ layers, pooling, signal },
        onProgress: ({ sentences }) => emit({ type: "encoding", done: before + sentences, of })
      })
    const first = await encode(
      needed.map((index) => train[index]!),
      0
    )
    return [first, await encode(test, needed.length)]
  }, signal)
  const scoresOf = new Map<string, ReturnType<ReturnType<typeof typeScores>>>()
  for (const [reading, { directory, sets, settings }] of readings.entries()) {
    const blocks = settings.layers.map((layer) => layers.indexOf(place(layer)))
    const [trainRows, testRows] = encoded.map((rows) => selectLayers(rows, blocks, layers.length)) as typeof encoded
    const scores = settings.byName
      ? await scoresOf.getOrInsertComputed(directory, () => typeScores(directory)(named))
      : undefined
    for (const set of sets) {
      signal?.throwIfAborted()
      const rows = selectSentences(
        trainRows,
        set.indexes.map((index) => row.get(index)!)
      )
      const learn = (scheme: "bare" | "BIO", c: number | "cv") => {
        const read = { depth: encoder.config.layers, hidden: encoder.config.hidden, layers: settings.layers }
        const prior = scores && headOfScores(scores, classesOf(types, scheme), scheme, read)
        const fit = fitProbe(rows, set.sentences, { c, scheme, types }, { prior })
        const found = predictFeatures({ ...fit, scheme }, testRows).map((entities) => ({ entities }))
        return { c: fit.c, scheme, found }
      }
      const words = learn(settings.scheme === "BIO" || types.includes("O") ? "BIO" : "bare", settings.c)
      const entities = settings.scheme === "auto" && chosen === "BIO" ? learn("BIO", words.c) : words
      const predicted = { words: words.found, entities: entities.found }
      yield { type: "predicted", reading, set, predicted, chosen: { c: words.c, scheme: entities.scheme } }
    }
  }
}
