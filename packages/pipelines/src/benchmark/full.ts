import { fineTune } from "@nuner/classifier"
import type { FullProtocol } from "./Definition.ts"
import type { Protocol } from "./Protocol.ts"

/** Head and encoder are trained on each set anew; the weights after the last epoch are taken (NuNER, section 6). */
export const full: Protocol<FullProtocol> = async function* ({ dataset, encoder, readings, seed, signal }) {
  for (const [reading, { sets, settings }] of readings.entries()) {
    const { type: _, ...options } = settings
    for (const set of sets) {
      const run = fineTune({
        ...options,
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
