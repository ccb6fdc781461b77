import { join } from "node:path"
import { decodeOptions, writeJson } from "@nuner/core"
import { type Encoder, saveEncoder } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import * as Schema from "effect/Schema"
import { givenOptions, leastOf, predictFields } from "../predictFields.ts"
import { textPredictor } from "../textPredictor.ts"
import { wordRules } from "../words/wordRules.ts"
import type { ScoredEntity, ZeroShotModel } from "../ZeroShotModel.ts"
import { segment } from "./segment.ts"
import { type Calibration, SCORER_FILE, type Scorer, saveCalibration } from "./settings.ts"
import { TypeVectors, unitRows } from "./TypeVectors.ts"
import { jointsOf, type WordVectors, wordVectors } from "./wordVectors.ts"

/** Two encoders that were trained together, and how their vectors become entities. */
export interface BiEncoderParts {
  readonly text: Encoder
  readonly concept: Encoder
  readonly scorer: Scorer
  readonly settings: Calibration
}

export interface BiEncoder extends ZeroShotModel, BiEncoderParts {}

const Options = Schema.Struct({ ...predictFields, threshold: Schema.optionalKey(predictFields.threshold) })

/**
 * NuNER's own two encoders as a zero-shot model (Bogdanov et al. 2024, section 3.2 has the score): types go through the concept encoder once and are
 * kept, a text goes through the text encoder once for any number of types. Words are those of `words` of @nuner/core. The parts are the
 * model's from here on.
 */
export const biEncoder = (parts: BiEncoderParts): BiEncoder => {
  const { concept, scorer, settings, text } = parts
  const typeVectors = new TypeVectors(concept, scorer)
  const predictWords: ZeroShotModel["predictWords"] = async (
    sentences,
    types,
    { signal, nested: _, ...options } = {}
  ) => {
    const { batchTokens, multiLabel, threshold, thresholds } = decodeOptions("zeroshot", Options, givenOptions(options))
    const { names, repeated, vectors } = await typeVectors.read(types)
    const least = leastOf(names, thresholds, threshold ?? settings.threshold)
    const entities: Array<Array<ScoredEntity>> = []
    let windowedTexts = 0
    const columns = tf.tensor2d(vectors, [names.length, text.config.hidden])
    try {
      for await (const vectors of wordVectors(text, sentences, { signal, batchTokens })) {
        if (vectors.windows > 1) windowedTexts++
        const { words } = sentences[entities.length]!
        const joints = jointsOf(vectors, settings.joint)
        entities.push(decode({ words, logits: wordLogits(vectors, columns, parts), joints, names, least, multiLabel }))
      }
    } finally {
      columns.dispose()
    }
    return {
      entities,
      unrepresented: {
        emptyTexts: sentences.filter(({ words }) => words.length === 0).length,
        windowedTexts,
        unreadWords: 0,
        repeatedTypes: repeated,
        typeGroups: names.length > 0 ? 1 : 0
      }
    }
  }
  return {
    ...parts,
    kind: "bi-encoder",
    predictWords,
    predict: textPredictor(wordRules.ours, predictWords),
    save: async (directory, { card } = {}) => {
      await saveEncoder(directory, text, card === undefined ? {} : { card })
      await saveEncoder(join(directory, "concepts"), concept)
      await writeJson(join(directory, "concepts", SCORER_FILE), scorer)
      await saveCalibration(directory, settings)
    },
    dispose: () => {
      text.dispose()
      concept.dispose()
    }
  }
}

/**
 * Calibrated logits `[words, types]`: a (similarity / temperature + bias) + b.
 *
 * @param columns vectors of the types `[types, hidden]`
 */
export const wordLogits = (
  { values, words }: WordVectors,
  columns: tf.Tensor2D,
  {
    scorer: { bias, similarity, temperature },
    settings: { a, b }
  }: Pick<BiEncoderParts, "scorer"> & {
    readonly settings: Pick<Calibration, "a" | "b">
  }
): Float32Array => {
  if (words === 0 || columns.shape[0] === 0) return new Float32Array(0)
  const rowsOf = similarity === "cosine" ? unitRows : (same: Float32Array) => same
  const product = tf.tidy(() => {
    const rows = tf.tensor2d(rowsOf(values, columns.shape[1]), [words, columns.shape[1]])
    return tf.add(tf.mul(tf.matMul(rows, columns, false, true), a / temperature), a * bias + b)
  })
  const logits = product.dataSync() as Float32Array
  product.dispose()
  return logits
}

/** A sentence as it is decoded. */
export interface Scored {
  readonly words: ReadonlyArray<string>
  /** Calibrated, `[words, types]`. */
  readonly logits: Float32Array
  /** See `jointsOf` `[words]`. */
  readonly joints: Float32Array
  readonly names: ReadonlyArray<string>
  /** Least probability of an entity of each type. */
  readonly least: ReadonlyArray<number>
  /** Whether each type is looked for alone, so that entities of different types may share words. */
  readonly multiLabel: boolean
}

/**
 * Entities of a sentence; an entity's score is the probability of its words' mean logit. No entity holds a bracket or a double quote, or begins or ends
 * with a word that has neither letter nor digit.
 */
export const decode = ({ joints, least, logits, multiLabel, names, words }: Scored): Array<ScoredEntity> => {
  const types = names.length
  if (types === 0) return []
  const limits = Float32Array.from(least, logit)
  const scores = logits.map((value, i) =>
    BRACKET.test(words[Math.floor(i / types)]!) ? Number.NEGATIVE_INFINITY : value - limits[i % types]!
  )
  const column = (type: number) => Float32Array.from(joints, (_, word) => scores[word * types + type]!)
  const found = multiLabel
    ? names.flatMap((_, type) => segment(column(type), 1, joints).map((one) => ({ ...one, type })))
    : segment(scores, types, joints)
  return found
    .flatMap((one): Array<ScoredEntity> => {
      let { end, start } = one
      while (start < end && !CONTENT.test(words[start]!)) start++
      while (start < end && !CONTENT.test(words[end - 1]!)) end--
      if (start === end) return []
      let sum = 0
      for (let word = start; word < end; word++) sum += logits[word * types + one.type]!
      const score = 1 / (1 + Math.exp(-sum / (end - start)))
      return score < least[one.type]! ? [] : [{ start, end, type: names[one.type]!, score }]
    })
    .sort((a, b) => a.start - b.start || a.end - b.end)
}

const BRACKET = /^[()[\]{}"“”]+$/
const CONTENT = /[\p{L}\p{N}]/u

/** Of a probability; 0 and 1 are a millionth inside. */
const logit = (p: number): number => {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, p))
  return Math.log(inside / (1 - inside))
}
