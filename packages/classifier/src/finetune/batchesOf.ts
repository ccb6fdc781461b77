import { rng } from "@nuner/core"

/**
 * The batches of a run, by number: each epoch takes every item once, in an order of its own that depends on seed and
 * epoch alone. The last batch of an epoch may be smaller.
 */
export const batchesOf = <A>(items: ReadonlyArray<A>, size: number, seed: number): ((index: number) => Array<A>) => {
  const perEpoch = Math.ceil(items.length / size)
  let shuffled: { readonly epoch: number; readonly items: Array<A> } | undefined
  return (index) => {
    const epoch = Math.floor(index / perEpoch)
    if (shuffled?.epoch !== epoch) shuffled = { epoch, items: rng(`${seed}/epoch/${epoch}`).shuffle(items) }
    const from = (index % perEpoch) * size
    return shuffled.items.slice(from, from + size)
  }
}
