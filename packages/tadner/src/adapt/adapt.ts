import { InputError, type LabelledSentence } from "@nuner/core"
import { crossEntropy, type DropoutKey, type DropoutStream, tf } from "@nuner/engine"
import { spanLogits } from "../model/spanLogits.ts"
import { nameIds } from "../names/nameIds.ts"
import { type SentenceSpan, spanVectors } from "../network/spanVectors.ts"
import type { Vectors } from "../network/Vectors.ts"
import { textStates, wordStates } from "../network/wordStates.ts"
import { type WordVectors, wordVectors } from "../network/wordVectors.ts"
import { encodeRows, type Rows } from "../words/encodeRows.ts"
import { spanLabels } from "../words/spanTags.ts"
import { typeWords } from "../words/typeWords.ts"
import { checkSupport, shotOf } from "./checkSupport.ts"
import { type Descent, descend } from "./descend.ts"
import { prototypes } from "./prototypes.ts"
import type { Session } from "./Session.ts"
import { filterThreshold } from "./typeFilter.ts"

/** What a model knows of its new types, beside its adapted weights. */
export interface Adapted {
  readonly types: ReadonlyArray<string>
  /** E: phi([CLS]) of each type's name after adaptation, `[types, hidden]`. */
  readonly names: Vectors
  /** P: normalised by column, `[types, hidden]`. */
  readonly prototypes: Vectors
  /** Of the type-aware filter. */
  readonly threshold: number
  readonly detector: Descent
  readonly classifier: Descent
}

export interface AdaptInput {
  readonly types: ReadonlyArray<string>
  /** In natural language, one a type. */
  readonly names: ReadonlyArray<string>
  readonly support: ReadonlyArray<LabelledSentence>
  /** Cited in errors. */
  readonly source?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Adapts both networks to a support set, in place, and computes type vectors, prototypes and the filter's threshold (TadNER, steps 1 to 4).
 *
 * @throws InputError, NonFiniteError
 */
export const adapt = async (session: Session, input: AdaptInput): Promise<Adapted> => {
  const { model, settings } = session
  const { source = "support", support, types } = input
  checkSupport(types, support, source)
  const rows = await encodeRows(support, model.classifier, settings)
  const detector = await adaptDetector(session, input, rows)
  const { classifier, names } = await adaptClassifier(session, input, rows)
  const words = await phiVectors(session, rows, "support")
  const numbers = new Map(types.map((type, n) => [type, n]))
  const entities = support.flatMap(({ entities }, sentence) =>
    entities.filter(({ start }) => start < rows.kept[sentence]!).map((entity) => ({ ...entity, sentence }))
  )
  const labels = Int32Array.from(entities, ({ type }) => numbers.get(type)!)
  const single = entities.flatMap(({ end, sentence, start }, i) =>
    Array.from({ length: Math.min(end, rows.kept[sentence]!) - start }, (_, w): [SentenceSpan, number] => [
      { sentence, start: start + w, end: start + w + 1 },
      labels[i]!
    ])
  )
  return {
    ...{ types, names, detector, classifier },
    prototypes: prototypes(spanVectors(words, entities), labels, types.length),
    threshold: filterThreshold(
      spanVectors(
        words,
        single.map(([span]) => span)
      ),
      Int32Array.from(single, ([, label]) => label),
      names
    )
  }
}

/** Step 1: the whole support as one batch. */
const adaptDetector = (
  { lower, model, parameters, settings }: Session,
  { signal, support }: AdaptInput,
  { rows }: Rows
): Promise<Descent> => {
  const { detector } = model
  const { learningRate, loseAdjacentSingletons, seed, steps } = settings
  const tags = support.map(({ entities, words }) =>
    spanLabels(entities, words.length, { scheme: detector.scheme, loseAdjacentSingletons })
  )
  const labels = Int32Array.from(rows.flatMap(({ sentence, words }) => Array.from(words, (w) => tags[sentence]![w]!)))
  return descend({
    parameters: parameters.detector,
    loss: (stream) =>
      crossEntropy(
        spanLogits(detector, rows, { dropout: { ...stream, site: "detector" }, lower: lower.detector }),
        labels
      ),
    patience: settings.detectorPatience ?? (shotOf(support) >= 5 ? 6 : 2),
    ...{ learningRate, steps, seed, signal }
  })
}

/** Step 2: entity words against the vectors of the type names, which were computed before and stay fixed. */
const adaptClassifier = async (
  session: Session,
  { names, signal, source = "support", support, types }: AdaptInput,
  { rows }: Rows
): Promise<{ classifier: Descent; names: Vectors }> => {
  const { lower, model, parameters, settings } = session
  const { classifierPatience: patience, learningRate, phi, seed, steps } = settings
  const numbers = new Map(types.map((type, n) => [type, n]))
  const typed = typeWords(
    rows,
    support.map(({ entities }) => entities),
    numbers
  )
  if (typed.labels.length === 0) {
    const reason = `every entity stands beyond the first ${settings.maxTokens} sub-tokens`
    throw new InputError({ source, field: "support", reason, remedy: 'set long to "windows", or raise maxTokens' })
  }
  const ids = await nameIds(names, model.classifier)
  const nameVectors = (use: string) =>
    textStates(model.classifier, ids, { phi, dropout: inference(session, use, 0), lower: lower.classifier })
  const fixed = nameVectors("names") // [types, hidden]
  const dropout = (stream: DropoutStream): DropoutKey => ({ ...stream, site: "classifier" })
  const loss = (stream: DropoutStream) => {
    const words = wordStates(model.classifier, typed.rows, { phi, dropout: dropout(stream), lower: lower.classifier })
    return crossEntropy(tf.matMul(words, fixed, false, true), typed.labels)
  }
  try {
    const descent = await descend({
      parameters: parameters.classifier,
      ...{ loss, learningRate, steps, patience, seed, signal }
    })
    const after = nameVectors("names after")
    const [count, width] = after.shape
    const values = Float32Array.from(await after.data())
    after.dispose()
    return { classifier: descent, names: { rows: count, width, values } }
  } finally {
    fixed.dispose()
  }
}

/** phi of every word, after adaptation. `use` tells masks of dropout apart where it stays on. */
export const phiVectors = (session: Session, rows: Rows, use: string, signal?: AbortSignal): Promise<WordVectors> =>
  wordVectors(rows, { batchTokens: session.settings.batchTokens, signal }, (batch, n) =>
    wordStates(session.model.classifier, batch, {
      phi: session.settings.phi,
      dropout: inference(session, use, n),
      lower: session.lower.classifier
    })
  )

/** Dropout outside of training: a quirk of the published code. */
const inference = ({ settings }: Session, use: string, step: number): DropoutKey | undefined =>
  settings.typeDropout ? { seed: settings.seed, step, site: `classifier/${use}` } : undefined
