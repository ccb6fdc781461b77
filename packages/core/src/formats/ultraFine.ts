import { Result, Schema } from "effect"
import type { AlignedSentence } from "../schema/Mention.ts"
import { decoder } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { records } from "./records.ts"
import { type Source, sourceName } from "./Source.ts"

const UltraFineRow = Schema.Struct({
  annot_id: Schema.NonEmptyString,
  left_context_token: Schema.Array(Schema.String),
  mention_span: Schema.NonEmptyString,
  right_context_token: Schema.Array(Schema.String),
  y_str: Schema.Array(Schema.NonEmptyString)
})

/**
 * Ultra-fine entity typing (Choi et al. 2018): one mention a sentence with free-form types, as a sentence with one mention a type. The text is
 * the tokens joined by spaces; ids are the annotation's.
 */
export async function* readUltraFine(source: Source, options: Malformed = {}): AsyncGenerator<AlignedSentence> {
  const name = sourceName(source)
  for await (const { value, line } of records(source, options)) {
    const row = decode(value, name, line)
    if (Result.isFailure(row)) {
      report(options, row.failure)
      continue
    }
    const {
      annot_id: id,
      left_context_token: left,
      mention_span: mention,
      right_context_token: right,
      y_str: types
    } = row.success
    const start = left.reduce((length, token) => length + token.length + 1, 0)
    yield {
      id,
      text: [...left, mention, ...right].join(" "),
      mentions: types.toSorted().map((concept) => ({ start, end: start + mention.length, concept, match: "exact" }))
    }
  }
}

const decode = decoder(UltraFineRow)
