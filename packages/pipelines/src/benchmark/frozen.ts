import { fitProbe, predictFeatures, selectSentences, type WordFeatures, wordFeatures } from "@nuner/classifier"
import type { FrozenProtocol } from "./Definition.ts"
import { emitting } from "./emitting.ts"
import type { Protocol, ProtocolEvent } from "./Protocol.ts"
import { withoutIgnored } from "./withoutIgnored.ts"

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
    const fit = fitProbe(features, sentences, { c, types })
    const predicted = predictFeatures(fit, testRows).map((entities) => ({ entities }))
    yield { type: "predicted", set, predicted, chosen: { c: fit.c } }
  }
}
