import * as Schema from "effect/Schema"
import { Sentence } from "../schema/Sentence.ts"
import { readJsonl } from "./jsonl.ts"
import type { Malformed } from "./Malformed.ts"
import type { Source } from "./Source.ts"

/** A sentence and what an LLM answered when asked to annotate it: as received, possibly nothing. */
export const RecordedResponse = Schema.Struct({ ...Sentence.fields, response: Schema.String })
export interface RecordedResponse extends Schema.Schema.Type<typeof RecordedResponse> {}

/** Recorded answers, `{id, text, response}` a line. */
export const readResponses = (source: Source, options: Malformed = {}): AsyncGenerator<RecordedResponse> =>
  readJsonl(source, RecordedResponse, options)
