import {
  type AlignedSentence,
  decodeOptions,
  type Entity,
  Fraction,
  InputError,
  option,
  rng,
  wordedText,
  wordSpans
} from "@nuner/core"
import { tf } from "@nuner/engine"
import { countEntities, reliability, scores } from "@nuner/metrics"
import { foldConcept } from "@nuner/sampler"
import * as Schema from "effect/Schema"
import { type BiEncoderParts, decode, type Scored, wordLogits } from "./biEncoder.ts"
import { fitLogistic } from "./fitLogistic.ts"
import type { Calibration } from "./settings.ts"
import { TypeVectors } from "./TypeVectors.ts"
import { distances, jointsOf, type WordVectors, wordVectors } from "./wordVectors.ts"

/** What a calibration is fitted and measured on. */
export const CalibrateOptions = Schema.Struct({
  sentences: option(Schema.Int.check(Schema.isGreaterThan(1)), {
    default: 2000,
    help: "annotated sentences that are used, drawn by `seed`: half to fit on, half to measure on"
  }),
  threshold: option(Schema.optionalKey(Fraction), {
    help: "least probability of an entity, where it is known from elsewhere",
    absent: "the one with the best entity F1 on the sentences that are measured on"
  }),
  seed: option(Schema.Int, { default: 0, help: "of the sentences and of the types that they are asked for" })
})
export type CalibrateOptions = Partial<(typeof CalibrateOptions)["Encoded"]>

/** Types that a sentence is asked for, its own and drawn ones, as a prompt has them: between these. */
const TYPES = { least: 5, most: 16 }
/** Pairs of words that the joint is fitted on, at most. */
const PAIRS = 20_000
const THRESHOLDS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20)

/** A sentence with its concepts over words, and the types that it is asked for. */
interface Asked {
  readonly words: ReadonlyArray<string>
  /** Of these types. */
  readonly entities: ReadonlyArray<Entity>
  readonly types: ReadonlyArray<string>
  /** Of any concept. */
  readonly mentions: ReadonlyArray<Entity>
  readonly vectors: WordVectors
}

/**
 * What makes scores of two encoders probabilities, from annotated sentences that neither was trained on: a and b by likelihood, the joint of
 * words, and the threshold by entity F1. Concepts are split in two: a and b come from one half, the threshold and everything reported from
 * the other, on other sentences.
 *
 * @throws OptionError; InputError where there is too little to learn from
 */
export const calibrate = async (
  { concept, scorer, text }: Omit<BiEncoderParts, "settings">,
  sentences: ReadonlyArray<AlignedSentence>,
  options: CalibrateOptions & { readonly signal?: AbortSignal | undefined } = {}
): Promise<Calibration> => {
  const { signal, ...given } = options
  const settings = decodeOptions("calibrate", CalibrateOptions, given)
  const annotated = sentences.filter(({ mentions }) => mentions.length > 0)
  const drawn = rng(settings.seed).shuffle(annotated).slice(0, settings.sentences)
  const halves = splitConcepts(drawn, settings.seed)
  if (halves.fit.length === 0 || halves.measured.length === 0) throw tooLittle(drawn.length)
  const typeVectors = new TypeVectors(concept, scorer)
  const logitsOf = async ({ types, vectors }: Asked, settings: Pick<Calibration, "a" | "b">) => {
    const read = await typeVectors.read(types)
    const columns = tf.tensor2d(read.vectors, [types.length, text.config.hidden])
    try {
      return wordLogits(vectors, columns, { scorer, settings })
    } finally {
      columns.dispose()
    }
  }
  const askedOf = async (from: number, concepts: ReadonlyArray<string>) => {
    const some = drawn.filter((_, i) => i % 2 === from)
    const asked: Array<Asked> = []
    const draw = rng(settings.seed).fork(`types ${from}`)
    const placed = some.map(placeConcepts)
    for await (const vectors of wordVectors(text, placed, { signal })) {
      const { entities: mentions, words } = placed[asked.length]!
      asked.push({ words, vectors, mentions, ...askFor(mentions, concepts, draw) })
    }
    return asked
  }

  const fitted = await askedOf(0, halves.fit)
  const joint = fitJoint(fitted, text.config.hidden)
  const logits: Array<number> = []
  for (const asked of fitted) logits.push(...(await logitsOf(asked, { a: 1, b: 0 })))
  const labels = Uint8Array.from(fitted.flatMap(cellLabels))
  const { bias: b, weights } = fitLogistic(Float32Array.from(logits), labels, 1)
  const a = weights[0]!
  if (!(a > 0)) throw tooLittle(drawn.length)

  const measured = await askedOf(1, halves.measured)
  const scored: Array<Omit<Scored, "least" | "multiLabel">> = []
  for (const asked of measured) {
    const joints = jointsOf(asked.vectors, joint)
    scored.push({ words: asked.words, names: asked.types, logits: await logitsOf(asked, { a, b }), joints })
  }
  const predictedAt = (threshold: number) =>
    scored.map((one) => ({
      entities: decode({ ...one, least: one.names.map(() => threshold), multiLabel: false })
    }))
  const f1At = (threshold: number) => scores(countEntities(measured, predictedAt(threshold))).micro.f1
  const threshold = settings.threshold ?? highest(THRESHOLDS, f1At)
  return {
    ...{ a, b, threshold, joint },
    report: {
      sentences: drawn.length,
      concepts: { fit: halves.fit.length, measured: halves.measured.length },
      entityF1: 100 * f1At(threshold),
      calibrationError: reliability(measured, predictedAt(threshold)).error
    }
  }
}

const highest = (values: ReadonlyArray<number>, of: (value: number) => number): number => {
  const heights = values.map(of)
  return values[heights.indexOf(Math.max(...heights))]!
}

const tooLittle = (count: number): InputError =>
  new InputError({
    source: "sentences",
    reason: `nothing can be told from ${count} annotated sentences`,
    remedy: "give more, and a concept encoder that was trained with its text encoder"
  })

/** Every concept with as many entries as it has mentions, so that drawing takes frequent ones often, in two halves. */
const splitConcepts = (sentences: ReadonlyArray<AlignedSentence>, seed: number) => {
  const fit: Array<string> = []
  const measured: Array<string> = []
  for (const { mentions } of sentences) {
    for (const { concept } of mentions) {
      const name = foldConcept(concept)
      const half = rng(seed).fork(`concept ${name}`).int(2) === 0 ? fit : measured
      half.push(name)
    }
  }
  return { fit, measured }
}

const placeConcepts = ({ mentions, text }: AlignedSentence) => {
  const worded = wordedText(text)
  const spans = wordSpans(mentions, worded.offsets)
  const entities = spans.flatMap(
    (span, i): Array<Entity> =>
      span === undefined ? [] : [{ start: span.start, end: span.end, type: foldConcept(mentions[i]!.concept) }]
  )
  return { ...worded, entities }
}

/** The sentence's entities of these concepts, and its types: theirs, then drawn ones. */
const askFor = (entities: ReadonlyArray<Entity>, concepts: ReadonlyArray<string>, draw: ReturnType<typeof rng>) => {
  const known = new Set(concepts)
  const own = entities.filter(({ type }) => known.has(type))
  const types = new Set(own.map(({ type }) => type))
  const size = Math.min(known.size, TYPES.least + draw.int(TYPES.most - TYPES.least + 1))
  while (types.size < size) types.add(concepts[draw.int(concepts.length)]!)
  return { entities: own, types: [...types] }
}

/** Whether each word is of each type `[words, types]`. */
const cellLabels = ({ entities, types, words }: Asked): Array<number> => {
  const labels = new Array<number>(words.length * types.length).fill(0)
  for (const { end, start, type } of entities) {
    for (let word = start; word < end; word++) labels[word * types.length + types.indexOf(type)] = 1
  }
  return labels
}

/** Which neighbouring words are of one mention, of those pairs of which a word is in one. Where mentions overlap, any of them counts. */
const fitJoint = (sentences: ReadonlyArray<Asked>, width: number): Calibration["joint"] => {
  const rows: Array<Float32Array> = []
  const labels: Array<number> = []
  for (const { mentions, vectors } of sentences) {
    for (let word = 1; word < vectors.words && rows.length < PAIRS; word++) {
      const touching = mentions.filter(({ end, start }) => start <= word && end >= word)
      if (touching.length === 0) continue
      rows.push(distances(vectors.values, word, width))
      labels.push(touching.some(({ end, start }) => start < word && end > word) ? 1 : 0)
    }
  }
  const features = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) features.set(row, i * width)
  return fitLogistic(features, Uint8Array.from(labels), width)
}
