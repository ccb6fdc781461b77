import { type Entity, type Episode, type Span, sentenceKey } from "@nuner/core"
import { entityMicro } from "@nuner/metrics"
import { adapt } from "../adapt/adapt.ts"
import { type Found, inOrder, recognise, typeSpans } from "../adapt/recognise.ts"
import type { Session } from "../adapt/Session.ts"
import type { TypedSpan } from "../adapt/typeFilter.ts"
import type { SentenceSpan } from "../network/spanVectors.ts"
import type { EpisodeSettings } from "../options.ts"
import { encodeRows, type Rows } from "../words/encodeRows.ts"
import type { EpisodeRecord, MatchCounts } from "./EpisodeRecord.ts"
import { misaligned } from "./misaligned.ts"

export interface EpisodeInput {
  readonly episode: Episode
  /** In natural language, one a type. */
  readonly names: ReadonlyArray<string>
  /** Cited in errors. */
  readonly source: string
  readonly signal?: AbortSignal | undefined
}

/** Adapts the model to the support, in place, and answers the query. The caller restores the weights. */
export const solveEpisode = async (
  session: Session,
  settings: EpisodeSettings,
  { episode, names, signal, source }: EpisodeInput
): Promise<Omit<EpisodeRecord, "index" | "fingerprint">> => {
  const started = performance.now()
  const { query, support, types } = episode
  const adapted = await adapt(session, { types, names, support, source, signal })
  const rows = await encodeRows(query, session.model.classifier, settings)
  const found = await recognise(session, adapted, rows)
  const crashed = found.spans.length === 0 && settings.onNoSpan === "crash"
  const gold = query.map(({ entities }) => entities)
  const place = placing(rows, settings.misalign)
  const entitiesBy = (typed: ReadonlyArray<TypedSpan>) => toEntities(found.spans.map(place), typed, types, query.length)
  const predicted = entitiesBy(found.typed)
  const other = { ...settings, normaliseOverSpans: !settings.normaliseOverSpans }
  const otherwise = entitiesBy(typeSpans(adapted, found.words, found.spans, other))
  const inSupport = new Set(support.map(keyOf))
  const isUnseen = (_: unknown, i: number) => !inSupport.has(keyOf(query[i]!))
  const supportRows = await encodeRows(support, session.model.classifier, settings)
  return {
    ...{ types, crashed, gold, predicted },
    counts: matches(predicted, gold),
    otherChoice: matches(otherwise, gold),
    unseen: matches(predicted.filter(isUnseen), gold.filter(isUnseen)),
    spans: matches(grouped(found.spans.map(place), query.length), gold.map(untyped)),
    typing: typingOf(gold, rows, (spans) => typeSpans(adapted, found.words, spans, settings), types),
    filter: { threshold: adapted.threshold, ...filtered(found, gold, place) },
    steps: { detector: adapted.detector.steps, classifier: adapted.classifier.steps },
    truncated: truncatedIn(rows) + truncatedIn(supportRows),
    windowed: rows.windowed + supportRows.windowed,
    seconds: (performance.now() - started) / 1000
  }
}

const keyOf = ({ words }: { readonly words: ReadonlyArray<string> }): string => sentenceKey(words.join(" "))

const placing =
  (rows: Rows, shifted: boolean) =>
  (span: SentenceSpan): SentenceSpan =>
    shifted ? misaligned(span, rows) : span

const truncatedIn = ({ kept, lengths }: Rows): number => kept.filter((count, i) => count < lengths[i]!).length

const sameSpan = (a: Span, b: Span): boolean => a.start === b.start && a.end === b.end

/** All of one type, which is none. */
const untyped = (spans: ReadonlyArray<Span>): Array<Entity> => spans.map(({ end, start }) => ({ start, end, type: "" }))

const grouped = (spans: ReadonlyArray<SentenceSpan>, sentences: number): Array<Array<Entity>> =>
  Array.from({ length: sentences }, (_, i) => untyped(spans.filter(({ sentence }) => sentence === i)))

/** The spans that the filter kept, by sentence, with their types. */
const toEntities = (
  spans: ReadonlyArray<SentenceSpan>,
  typed: ReadonlyArray<TypedSpan>,
  types: ReadonlyArray<string>,
  sentences: number
): Array<Array<Entity>> => {
  const found: Array<Array<Entity>> = Array.from({ length: sentences }, () => [])
  for (const [i, { end, sentence, start }] of spans.entries()) {
    const { kept, type } = typed[i]!
    if (kept) found[sentence]!.push({ start, end, type: types[type]! })
  }
  return found
}

const matches = (
  predicted: ReadonlyArray<ReadonlyArray<Entity>>,
  gold: ReadonlyArray<ReadonlyArray<Entity>>
): MatchCounts => {
  const [right, guessed] = [gold, predicted].map((lists) => lists.map((entities) => ({ entities })))
  const score = entityMicro(right!, guessed!)
  return { correct: score.correct, predicted: score.predicted, gold: score.support }
}

const typingOf = (
  gold: ReadonlyArray<ReadonlyArray<Entity>>,
  { kept }: Rows,
  typesOf: (spans: ReadonlyArray<SentenceSpan>) => ReadonlyArray<TypedSpan>,
  types: ReadonlyArray<string>
): EpisodeRecord["typing"] => {
  const seen = gold.map((list, i) => list.filter(({ start }) => start < kept[i]!))
  const right = seen.flat().map(({ type }) => type)
  const typed = typesOf(inOrder(seen))
  return { correct: typed.filter(({ type }, i) => types[type] === right[i]).length, total: right.length }
}

const filtered = (
  { spans, typed }: Found,
  gold: ReadonlyArray<ReadonlyArray<Entity>>,
  place: (span: SentenceSpan) => SentenceSpan
): { removed: number; rightly: number } => {
  const removed = spans.filter((_, i) => !typed[i]!.kept).map(place)
  const rightly = removed.filter((span) => !gold[span.sentence]!.some((entity) => sameSpan(entity, span)))
  return { removed: removed.length, rightly: rightly.length }
}
