import type { Head } from "../head/Head.ts"
import { type ClassScheme, NONE, typesOf } from "../labels/classes.ts"

/** What the name of a type says of a word before any example: `<h, weights> + bias`, in logits against no entity; h is the word's vector at the last layer. */
export interface TypeScore {
  /** `[hidden]` */
  readonly weights: Float32Array
  readonly bias: number
}

/** By type; a type that is not there is one whose name says nothing. */
export type TypeScores = ReadonlyMap<string, TypeScore>

/**
 * The scores of types as a probe's head: none is 0, the classes of a type share its score.
 *
 * @param layers hidden states that the head reads, one after the other
 * @param depth number of the last layer
 * @returns undefined where the last layer is not read
 */
export const headOfScores = (
  scores: TypeScores,
  classes: ReadonlyArray<string>,
  scheme: ClassScheme,
  { depth, hidden, layers }: { readonly depth: number; readonly hidden: number; readonly layers: ReadonlyArray<number> }
): Head | undefined => {
  const block = layers.findIndex((layer) => layer === -1 || layer === depth)
  if (block < 0) return undefined
  const types = typesOf(classes, scheme)
  const kernel = new Float32Array(layers.length * hidden * classes.length)
  const bias = new Float32Array(classes.length)
  for (const [k, name] of classes.entries()) {
    const score = name === NONE ? undefined : scores.get(types[k]!)
    if (score === undefined) continue
    if (score.weights.length !== hidden) {
      throw new RangeError(`the score of "${types[k]}" has ${score.weights.length} weights, words have ${hidden}`)
    }
    for (const [j, weight] of score.weights.entries()) kernel[(block * hidden + j) * classes.length + k] = weight
    bias[k] = score.bias - Math.log(types.filter((type) => type === types[k]).length)
  }
  return { classes, kernel, bias }
}
