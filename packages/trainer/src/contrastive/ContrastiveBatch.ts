import { type TokenBatch, type Tokenizer, tokenBatch } from "@nuner/encoder"
import { type ConceptTargets, conceptTargets } from "@nuner/sampler"
import type { SentenceWindow } from "../sentenceWindows.ts"

/** Sentences, the names of every concept that occurs in them, and where each occurs. */
export interface ContrastiveBatch {
  /** `[windows, tokens]` */
  readonly text: TokenBatch
  /** `[concepts, name tokens]` */
  readonly names: TokenBatch
  /**
   * Of `names`: 1 for a sub-token of the name, 0 for special tokens and padding `[concepts * name tokens]`. A name without sub-tokens has
   * its first special one, as in `encode`.
   */
  readonly nameContent: Float32Array
  readonly targets: ConceptTargets
}

/** As many names as are kept tokenised: all of the paper's 200,000 concepts, some of a million descriptions. */
const KEPT = 2 ** 18

/** Concept names as token ids, kept once they were tokenised: a corpus repeats them at every batch. */
export class ConceptNames {
  readonly tokenizer: Tokenizer
  readonly #maxTokens: number
  readonly #known = new Map<string, Int32Array>()
  readonly #cut = new Set<string>()
  readonly #empty = new Set<string>()

  /** @param maxTokens of a name, special ones included; a longer name (they are rare and run to whole phrases) is cut there */
  constructor(tokenizer: Tokenizer, maxTokens: number) {
    this.tokenizer = tokenizer
    this.#maxTokens = maxTokens
  }

  /** Names that were longer than a window, and are cut to it. */
  get cut(): number {
    return this.#cut.size
  }

  /** Names of which the tokenizer leaves nothing, such as a zero-width space. */
  get empty(): number {
    return this.#empty.size
  }

  async ids(names: ReadonlyArray<string>): Promise<Array<Int32Array>> {
    const { prefix, suffix } = this.tokenizer
    const found = names.map((name) => this.#known.get(name))
    const unknown = names.filter((_, i) => found[i] === undefined)
    const encodings = (await this.tokenizer.encodeBatch(unknown)).values()
    if (this.#known.size + unknown.length > KEPT) this.#known.clear()
    return names.map((name, i) => {
      const known = found[i]
      if (known !== undefined) return known
      const { ids } = encodings.next().value!
      if (ids.length === prefix.length + suffix.length) this.#empty.add(name)
      const long = ids.length > this.#maxTokens
      if (long) this.#cut.add(name)
      const kept = long ? Int32Array.of(...ids.subarray(0, this.#maxTokens - suffix.length), ...suffix) : ids
      this.#known.set(name, kept)
      return kept
    })
  }
}

/** Puts a batch together; `undefined` when no concept occurs in it, so there is nothing to learn from. */
export const contrastiveBatch = async (
  windows: ReadonlyArray<SentenceWindow>,
  padId: number,
  conceptNames: ConceptNames,
  options: { readonly maskNearSynonyms: boolean; readonly extraConcepts?: ReadonlyArray<string> }
): Promise<ContrastiveBatch | undefined> => {
  const text = tokenBatch(
    windows.map(({ ids }) => ids),
    padId
  )
  const targets = conceptTargets(windows, { ...options, tokens: text.tokens })
  if (targets.positives.tokens.length === 0) return undefined
  const { prefix, special, suffix } = conceptNames.tokenizer
  const ids = await conceptNames.ids(targets.concepts)
  const names = tokenBatch(ids, special.pad.id)
  const nameContent = new Float32Array(names.rows * names.tokens)
  for (const [row, name] of ids.entries()) {
    const at = row * names.tokens
    const end = name.length - suffix.length
    nameContent.fill(1, at + Math.min(prefix.length, end - 1), at + end)
  }
  return { text, names, nameContent, targets }
}
