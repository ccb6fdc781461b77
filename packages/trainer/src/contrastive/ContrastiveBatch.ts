import { type TokenBatch, type Tokenizer, tokenBatch } from "@nuner/encoder"
import { type ConceptTargets, conceptTargets } from "@nuner/sampler"
import type { Example } from "../data/examples.ts"

/** Sentences, the names of every concept that occurs in them, and where each occurs. */
export interface ContrastiveBatch {
  /** `[sentences, tokens]` */
  readonly text: TokenBatch
  /** `[concepts, name tokens]` */
  readonly names: TokenBatch
  /** Of `names`: 1 for a sub-token of the name, 0 for special tokens and padding `[concepts * name tokens]`. */
  readonly nameContent: Float32Array
  readonly targets: ConceptTargets
}

/** Tokenised concept names are kept: a corpus repeats them at every batch. */
export const conceptNameTokens = (tokenizer: Tokenizer) => {
  const known = new Map<string, Int32Array>()
  return async (concepts: ReadonlyArray<string>): Promise<Array<Int32Array>> => {
    const unknown = concepts.filter((concept) => !known.has(concept))
    for (const [i, { ids }] of (await tokenizer.encodeBatch(unknown)).entries()) known.set(unknown[i]!, ids)
    return concepts.map((concept) => known.get(concept)!)
  }
}

export interface BatchSettings {
  readonly tokenizer: Tokenizer
  /** Most tokens of a concept's name, special ones included; a longer name (they are rare and run to whole phrases) is cut there. */
  readonly maxNameTokens: number
  readonly maskNearSynonyms: boolean
}

/** Puts a batch together; `undefined` when no concept occurs in it, so there is nothing to learn from. */
export const contrastiveBatch = async (
  examples: ReadonlyArray<Example>,
  tokensOf: ReturnType<typeof conceptNameTokens>,
  { maskNearSynonyms, maxNameTokens, tokenizer }: BatchSettings
): Promise<ContrastiveBatch | undefined> => {
  const { prefix, special, suffix } = tokenizer
  const text = tokenBatch(
    examples.map(({ ids }) => ids),
    special.pad.id
  )
  const targets = conceptTargets(examples, { tokens: text.tokens, maskNearSynonyms })
  if (targets.positives.tokens.length === 0) return undefined
  const ids = (await tokensOf(targets.concepts)).map((name) => cut(name, maxNameTokens, suffix))
  const names = tokenBatch(ids, special.pad.id)
  const nameContent = new Float32Array(names.rows * names.tokens)
  for (const [row, name] of ids.entries()) {
    const at = row * names.tokens
    nameContent.fill(1, at + prefix.length, at + name.length - suffix.length)
  }
  return { text, names, nameContent, targets }
}

const cut = (ids: Int32Array, most: number, suffix: Int32Array): Int32Array =>
  ids.length <= most ? ids : Int32Array.of(...ids.subarray(0, most - suffix.length), ...suffix)
