import { Result, Schema } from "effect"
import { InputError } from "../errors.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { byPlace } from "../text/spans.ts"
import { decoder } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { records } from "./records.ts"
import { type Source, sourceName } from "./Source.ts"

const GlinerRow = Schema.Struct({
  tokenized_text: Schema.Array(Schema.String),
  ner: Schema.Array(Schema.Tuple([Schema.Natural, Schema.Natural, Schema.NonEmptyString]))
})

/**
 * The training format of GLiNER: `{"tokenized_text": [..], "ner": [[first, last, type], ..]}`, the last word included; a JSON array or JSON
 * Lines. Types are open, and entities may overlap.
 */
export async function* readGliner(
  source: Source,
  options: Malformed & { /** Sentences get the ids `ids-0`, `ids-1`, ... by record. */ readonly ids?: string } = {}
): AsyncGenerator<LabelledSentence> {
  const name = sourceName(source)
  let index = -1
  for await (const { value, line } of records(source, options)) {
    index++
    const row = decode(value, name, line)
    if (Result.isFailure(row)) {
      report(options, row.failure)
      continue
    }
    const { tokenized_text: words, ner } = row.success
    const wrong = ner.findIndex(([first, last]) => first > last || last >= words.length)
    if (wrong >= 0) {
      const reason = `words ${ner[wrong]![0]} to ${ner[wrong]![1]} are not in a sentence of ${words.length}`
      report(
        options,
        new InputError({ source: name, line, field: `ner[${wrong}]`, reason, remedy: "the last word is included" })
      )
      continue
    }
    const entities = ner.map(([first, last, type]) => ({ start: first, end: last + 1, type })).toSorted(byPlace)
    yield options.ids === undefined ? { words, entities } : { id: `${options.ids}-${index}`, words, entities }
  }
}

const decode = decoder(GlinerRow)
