import type { Entity } from "@nuner/core"
import { NONE } from "./probe/LinearProbe.ts"

/** An entity over words with the classifier's mean probability of its type, in [0, 1]. */
export interface ScoredEntity extends Entity {
  readonly score: number
}

/**
 * Entities from per-word class probabilities `[words, classes]`: the best class of each word, then maximal runs of one type (IO; two
 * adjacent entities of a type merge, as they do in the paper's word labels without B- and I-).
 */
export const decodeRuns = (values: Float32Array, classes: ReadonlyArray<string>): Array<ScoredEntity> => {
  const count = classes.length
  const words = values.length / count
  const entities: Array<ScoredEntity> = []
  let start = 0
  let current = NONE
  let total = 0
  const close = (end: number) => {
    if (current !== NONE) entities.push({ start, end, type: current, score: total / (end - start) })
  }
  for (let w = 0; w < words; w++) {
    let best = 0
    for (let k = 1; k < count; k++) if (values[w * count + k]! > values[w * count + best]!) best = k
    const type = classes[best]!
    if (type !== current) {
      close(w)
      start = w
      current = type
      total = 0
    }
    total += values[w * count + best]!
  }
  close(words)
  return entities
}

/** Class index of every word of a labelled sentence, types that are not in `classes` refused. */
export const labelsOf = (
  words: number,
  entities: ReadonlyArray<Entity>,
  classes: ReadonlyArray<string>
): Int32Array => {
  const labels = new Int32Array(words)
  for (const { end, start, type } of entities) {
    const index = classes.indexOf(type)
    if (index < 0) throw new RangeError(`labelsOf: type "${type}" is not among the classes ${classes.join(", ")}`)
    labels.fill(index, start, end)
  }
  return labels
}
