import { fitProbe, predictFeatures, selectSentences, type WordFeatures, wordFeatures } from "@nuner/classifier"
import type { TrainingSet } from "./Dataset.ts"
import type { FrozenProtocol } from "./Definition.ts"
import { emitting } from "./emitting.ts"
import type { Protocol, ProtocolEvent } from "./Protocol.ts"

/** Sentences go through the encoder once; each set then costs a logistic regression (NuNER, section 4.1). */
export const frozen: Protocol<FrozenProtocol> = async function* ({ dataset, encoder, sets, settings, signal }) {
  const { c, layers, pooling } = settings
  const { test, train, types } = dataset
  // Those of every set, measured or not: vectors depend on what shares a batch, in their last digits.
  const needed = [...new Set(dataset.sets.flatMap(({ indexes }) => indexes))].sort((a, b) => a - b)
  const place = new Map(needed.map((index, at) => [index, at]))
  const of = needed.length + test.length
  const [trainRows, testRows] = yield* emitting<ProtocolEvent, [WordFeatures, WordFeatures]>(async (emit, signal) => {
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
  for (const set of sets) {
    signal?.throwIfAborted()
    const rows = selectSentences(
      trainRows,
      set.indexes.map((index) => place.get(index)!)
    )
    const { features, sentences } = withoutIgnored(rows, set)
    const { head } = fitProbe(features, sentences, { c, types })
    yield { type: "predicted", set, predicted: predictFeatures({ head }, testRows).map((entities) => ({ entities })) }
  }
}

/** A probe looks at one word at a time: a word that teaches nothing is simply not there. */
const withoutIgnored = (rows: WordFeatures, { sentences }: TrainingSet) => {
  if (sentences.every(({ ignored = [] }) => ignored.length === 0)) return { features: rows, sentences }
  const { starts, values, width } = rows
  const kept: Array<number> = []
  const newStarts = new Int32Array(sentences.length + 1)
  const shortened = sentences.map(({ entities, ignored = [], words }, i) => {
    const gone = new Set(ignored)
    /** For each place between words, how many kept words stand before it. */
    const before = [0]
    for (const word of words.keys()) {
      if (!gone.has(word)) kept.push(starts[i]! + word)
      before.push(before[word]! + (gone.has(word) ? 0 : 1))
    }
    newStarts[i + 1] = kept.length
    return {
      words: words.filter((_, word) => !gone.has(word)),
      entities: entities
        .map(({ end, start, type }) => ({ start: before[start]!, end: before[end]!, type }))
        .filter(({ end, start }) => start < end)
    }
  })
  const keptValues = new Float32Array(kept.length * width)
  for (const [i, row] of kept.entries()) keptValues.set(values.subarray(row * width, (row + 1) * width), i * width)
  return { features: { values: keptValues, starts: newStarts, width }, sentences: shortened }
}
