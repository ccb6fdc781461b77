import { fineTune } from "@nuner/classifier"
import type { FullProtocol } from "./Definition.ts"
import type { Protocol } from "./Protocol.ts"

/**
 * Updates between checkpoints: a minute or so, where a checkpoint of weights and moments takes a second. A training that makes fewer in all is made anew if
 * it is cut short.
 */
const UPDATES_BETWEEN = 200

/** Head and encoder are trained on each set anew; the weights after the last epoch are taken (NuNER, section 6). */
export const full: Protocol<FullProtocol> = async function* ({ dataset, encoder, readings, seed, signal }) {
  for (const [reading, { checkpointsOf, sets, settings }] of readings.entries()) {
    const { type: _, ...options } = settings
    for (const set of sets) {
      const perEpoch = Math.ceil(set.sentences.length / options.batchSize)
      const isLong = options.epochs * perEpoch > UPDATES_BETWEEN
      const run = fineTune({
        ...options,
        ...(isLong &&
          checkpointsOf && {
            checkpoints: checkpointsOf(set),
            checkpointEvery: Math.ceil(UPDATES_BETWEEN / perEpoch)
          }),
        ...{ encoder, train: set.sentences, types: dataset.types, seed: seed + set.set, signal }
      })
      for await (const event of run) {
        if (event.type === "step") yield { type: "training", set, done: event.step, of: event.steps }
        if (event.type !== "done") continue
        try {
          const found = await event.classifier.predictWords(dataset.test, { ...(signal && { signal }) })
          const entities = found.map((entities) => ({ entities }))
          yield { type: "predicted", reading, set, predicted: { words: entities, entities }, chosen: {} }
        } finally {
          event.classifier.dispose()
        }
      }
      signal?.throwIfAborted()
    }
  }
}
