import { Schema } from "effect"
import type { Sentence } from "../schema/Sentence.ts"
import { jsonlRows } from "./jsonl.ts"
import type { Malformed } from "./Malformed.ts"
import { type Source, stem } from "./Source.ts"
import { documentId, sentencesOf } from "./text.ts"

/** A web page of the C4 corpus. */
export const C4Record = Schema.Struct({
  text: Schema.String,
  timestamp: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String)
})
export interface C4Record extends Schema.Schema.Type<typeof C4Record> {}

/**
 * The sentences of C4 records (`{text, timestamp, url}`, one a line). Ids are `name-document-sentence`, counted from 0: the
 * document's number is that of its line, so it also counts records that were left out.
 */
export async function* readC4(
  source: Source,
  options: Malformed & { /** The first part of every id; by default the file's name. */ readonly ids?: string } = {}
): AsyncGenerator<Sentence> {
  const { ids = stem(source) } = options
  for await (const { value, line } of jsonlRows(source, C4Record, options))
    yield* sentencesOf(value.text, documentId(ids, line - 1))
}
