import type { SentenceSpan } from "../network/spanVectors.ts"
import type { Rows } from "../words/encodeRows.ts"

/**
 * Where the published evaluation sees a span: predictions of all sentences are joined to one list without the words that were cut off, the gold
 * labels to one with them, and both are read by the same places. So every span behind a truncated sentence stands too early.
 * A span may reach over the end of the sentence it falls into.
 */
export const misaligned = (span: SentenceSpan, { kept, lengths }: Pick<Rows, "kept" | "lengths">): SentenceSpan => {
  let place = span.start
  for (let i = 0; i < span.sentence; i++) place += kept[i]!
  let sentence = 0
  while (place >= lengths[sentence]!) place -= lengths[sentence++]!
  return { sentence, start: place, end: place + span.end - span.start }
}
