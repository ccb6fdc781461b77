import { decodeOptions, OptionError, option, type Span } from "@nuner/core"
import { Schema } from "effect"
import { foldConcept } from "../concepts/foldConcept.ts"
import { nearSynonyms } from "./nearSynonyms.ts"
import type { TokenLabel } from "./tokenLabels.ts"

/** Which tokens count as what, for which concepts of a batch. */
export const TargetSettings = Schema.Struct({
  tokens: option(Schema.optionalKey(Schema.Natural), {
    help: "width of the padded batch",
    absent: "where the longest sentence's content ends"
  }),
  maskNearSynonyms: option(Schema.Boolean, {
    default: false,
    help: "ignore the cells of near-synonyms of a token's concepts instead of counting them as negatives (see `nearSynonyms`)"
  }),
  extraConcepts: option(Schema.Array(Schema.String), {
    default: [],
    help: "concepts of other sentences that join the batch's own as further negatives of every token"
  })
})
export type TargetOptions = (typeof TargetSettings)["Encoded"]

/** A sentence of a batch: concepts over its tokens, and which tokens stand for text. */
export interface LabelledTokens {
  /** Tokens `[start, end)` that the loss counts; the others are special tokens and padding. */
  readonly content: Span
  /** Of these, 0 for one that does not count after all, 1 for the others `[tokens]`. Absent: all of `content` counts. */
  readonly counts?: Uint8Array
  readonly labels: ReadonlyArray<TokenLabel>
}

/**
 * Cells of a matrix [sentences * tokens, concepts] as coordinates (COO), in row-major order, none twice:
 * cell i is (tokens[i], concepts[i]).
 */
export interface Cells {
  /** `sentence * width + token` */
  readonly tokens: Int32Array
  /** Index into the batch's concepts. */
  readonly concepts: Int32Array
}

/** The array y[sentences, tokens, concepts] of section 3.2, sparse. */
export interface ConceptTargets {
  /** C: the unique concepts of the batch, folded, in the order of their first label; then the extra ones. */
  readonly concepts: ReadonlyArray<string>
  readonly shape: readonly [sentences: number, tokens: number, concepts: number]
  /** Where y = 1. */
  readonly positives: Cells
  /** Left out of the loss; empty unless `maskNearSynonyms`. */
  readonly ignored: Cells
  /** 1 for a token that counts, 0 for special tokens and padding [sentences * tokens]. */
  readonly tokenMask: Uint8Array
  /** Cells in the loss: tokens that count x concepts, less the ignored ones. */
  readonly cells: number
  /** Positives over `cells`; 0 for a batch without concepts. About 0.002 at the paper's batch size. */
  readonly positiveRate: number
}

/**
 * The targets of a batch: every concept that occurs in it against every one of its tokens. Labels outside of a sentence's content are
 * cut to it.
 *
 * @throws OptionError when `tokens` is narrower than a sentence.
 */
export const conceptTargets = (batch: ReadonlyArray<LabelledTokens>, options: TargetOptions = {}): ConceptTargets => {
  const longest = batch.reduce((most, { content }) => Math.max(most, content.end), 0)
  const { extraConcepts, tokens = longest, maskNearSynonyms } = decodeOptions("conceptTargets", TargetSettings, options)
  if (tokens < longest) {
    const reason = `${tokens} tokens are narrower than a sentence that ends at token ${longest}`
    throw new OptionError({ component: "conceptTargets", option: "tokens", reason })
  }
  const tokenMask = new Uint8Array(batch.length * tokens)
  batch.forEach(({ content: { start, end }, counts }, sentence) => {
    const at = sentence * tokens
    if (counts === undefined) tokenMask.fill(1, at + start, at + end)
    else tokenMask.set(counts.subarray(start, end), at + start)
  })
  const index = new Map<string, number>()
  const spans: Array<{ start: number; end: number; concept: number }> = []
  batch.forEach(({ content, labels }, sentence) => {
    for (const label of labels) {
      const start = Math.max(label.start, content.start)
      const end = Math.min(label.end, content.end)
      if (start >= end) continue
      const name = foldConcept(label.concept)
      let concept = index.get(name)
      if (concept === undefined) {
        concept = index.size
        index.set(name, concept)
      }
      spans.push({ start: sentence * tokens + start, end: sentence * tokens + end, concept })
    }
  })
  for (const name of extraConcepts.map(foldConcept)) if (!index.has(name)) index.set(name, index.size)
  const concepts = [...index.keys()]
  const width = concepts.length
  const keys = new Set<number>()
  for (const { start, end, concept } of spans) {
    for (let token = start; token < end; token++) if (tokenMask[token] === 1) keys.add(token * width + concept)
  }
  const ignored = new Set<number>()
  if (maskNearSynonyms) {
    const near = nearSynonyms(concepts)
    for (const key of keys) {
      const concept = key % width
      for (const other of near[concept]!) {
        const cell = key - concept + other
        if (!keys.has(cell)) ignored.add(cell)
      }
    }
  }
  const counted = tokenMask.reduce((sum, counts) => sum + counts, 0)
  const cells = counted * width - ignored.size
  return {
    concepts,
    shape: [batch.length, tokens, width],
    positives: toCells(keys, width),
    ignored: toCells(ignored, width),
    tokenMask,
    cells,
    positiveRate: cells === 0 ? 0 : keys.size / cells
  }
}

/** The cells as a dense array of 0 and 1 [sentences * tokens, concepts]: for looking at, and for tests. */
export const denseCells = (
  { tokens, concepts }: Cells,
  [sentences, width, count]: ConceptTargets["shape"]
): Uint8Array => {
  const dense = new Uint8Array(sentences * width * count)
  tokens.forEach((token, i) => {
    dense[token * count + concepts[i]!] = 1
  })
  return dense
}

/** Keys may pass 2^31 (tokens x concepts), so they are sorted as doubles. */
const toCells = (keys: ReadonlySet<number>, width: number): Cells => {
  const sorted = Float64Array.from(keys).sort()
  return {
    tokens: Int32Array.from(sorted, (key) => Math.floor(key / width)),
    concepts: Int32Array.from(sorted, (key) => key % width)
  }
}
