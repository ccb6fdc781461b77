import { type Entity, fromTags } from "@nuner/core"
import { type ClassScheme, tagsOf, typesOf } from "../labels/classes.ts"
import type { Transitions } from "../transitions/Transitions.ts"
import { viterbi } from "../transitions/viterbi.ts"

/** An entity over words with the probability of its type, the mean over its words, in [0, 1]. */
export interface ScoredEntity extends Entity {
  readonly score: number
}

/**
 * Entities of one sentence from class probabilities of its words: the best class of each word (the first of equals), or
 * where transitions are known the best sequence, read as tags of the scheme as conlleval reads them.
 *
 * @param values `[words, classes]`, row-major
 */
export const decode = (
  values: Float32Array,
  classes: ReadonlyArray<string>,
  scheme: ClassScheme = "bare",
  transitions?: Transitions
): Array<ScoredEntity> => {
  const count = classes.length
  const types = typesOf(classes, scheme)
  const path = transitions
    ? viterbi(values, transitions)
    : Int32Array.from({ length: values.length / count }, (_, word) => best(values, word * count, count))
  const known = tagsOf(classes, scheme)
  const tags = Array.from(path, (k) => known[k]!)
  const entities = fromTags(tags, scheme) ?? []
  return entities.map((entity) => {
    let sum = 0
    for (let word = entity.start; word < entity.end; word++) {
      for (let k = 0; k < count; k++) if (types[k] === entity.type) sum += values[word * count + k]!
    }
    return { ...entity, score: Math.min(1, sum / (entity.end - entity.start)) }
  })
}

const best = (values: Float32Array, from: number, count: number): number => {
  let found = 0
  for (let k = 1; k < count; k++) if (values[from + k]! > values[from + found]!) found = k
  return found
}
