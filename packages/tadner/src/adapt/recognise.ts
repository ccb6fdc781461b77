import type { Span } from "@nuner/core"
import { findSpans } from "../model/spanLogits.ts"
import { type SentenceSpan, spanVectors } from "../network/spanVectors.ts"
import type { WordVectors } from "../network/wordVectors.ts"
import type { Rows } from "../words/encodeRows.ts"
import { type Adapted, phiVectors } from "./adapt.ts"
import { typeScores } from "./prototypes.ts"
import type { Session } from "./Session.ts"
import { classifySpans, type TypedSpan } from "./typeFilter.ts"

/** What an adapted model finds in sentences. */
export interface Found {
  /** phi of every word. */
  readonly words: WordVectors
  /** The detector's spans, in order. */
  readonly spans: ReadonlyArray<SentenceSpan>
  /** Their types. */
  readonly typed: ReadonlyArray<TypedSpan>
}

/** Finds spans and gives each a type (TadNER, the end of step 1, steps 5 and 6). @throws the signal's reason */
export const recognise = async (
  session: Session,
  adapted: Adapted,
  rows: Rows,
  signal?: AbortSignal
): Promise<Found> => {
  const { lower, model, settings } = session
  const found = await findSpans(model.detector, rows, {
    batchTokens: settings.batchTokens,
    lower: lower.detector,
    signal
  })
  const spans = inOrder(found)
  const words = await phiVectors(session, rows, "query", signal)
  return { words, spans, typed: typeSpans(adapted, words, spans, settings) }
}

/** The types of given spans. */
export const typeSpans = (
  { names, prototypes, threshold, types }: Adapted,
  words: WordVectors,
  spans: ReadonlyArray<SentenceSpan>,
  { filter, normaliseOverSpans }: { readonly filter: boolean; readonly normaliseOverSpans: boolean }
): Array<TypedSpan> =>
  classifySpans(typeScores(spanVectors(words, spans), names, prototypes), types.length, {
    threshold: filter ? threshold : Number.NEGATIVE_INFINITY,
    normaliseOverSpans
  })

/** Spans of all sentences as one list. */
export const inOrder = (spans: ReadonlyArray<ReadonlyArray<Span>>): Array<SentenceSpan> =>
  spans.flatMap((list, sentence) => list.map(({ end, start }) => ({ sentence, start, end })))
