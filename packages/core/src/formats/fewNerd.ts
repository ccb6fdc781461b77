import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import { type Rows, writeLines } from "../files/writers.ts"
import type { Episode } from "../schema/Episode.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { fromTags, strayTag } from "../tags/fromTags.ts"
import { toTags } from "../tags/toTags.ts"
import { jsonlRows } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { type Source, sourceName } from "./Source.ts"

const Side = Schema.Struct({
  word: Schema.Array(Schema.Array(Schema.String)),
  label: Schema.Array(Schema.Array(Schema.String))
})
const EpisodeRecord = Schema.Struct({ support: Side, query: Side, types: Schema.Array(Schema.NonEmptyString) })

/**
 * Few-NERD's episodes, one a line: `{"support": {"word": [[..]], "label": [[..]]}, "query": {..}, "types": [..]}`, labels bare. A record
 * whose words and labels differ in number is malformed. Whether its counts lie within K~2K and its labels among the types is
 * for the user of an episode to check.
 */
export async function* readEpisodes(source: Source, options: Malformed = {}): AsyncGenerator<Episode> {
  for await (const { value, line } of jsonlRows(source, EpisodeRecord, options)) {
    const place = { source: sourceName(source), line }
    const support = sentences(value.support, "support", place)
    const query = sentences(value.query, "query", place)
    if (Result.isFailure(support)) report(options, support.failure)
    else if (Result.isFailure(query)) report(options, query.failure)
    else yield { types: value.types, support: support.success, query: query.success }
  }
}

const sentences = (
  { word, label }: typeof Side.Type,
  side: string,
  place: { source: string; line: number }
): Result.Result<Array<LabelledSentence>, InputError> => {
  const fail = (field: string, reason: string) =>
    Result.fail(new InputError({ ...place, field: `${side}.${field}`, reason, remedy: "give every word one label" }))
  if (word.length !== label.length) return fail("label", `${label.length} sentences, where word has ${word.length}`)
  const read: Array<LabelledSentence> = []
  for (const [n, words] of word.entries()) {
    const tags = label[n]!
    if (words.length !== tags.length) return fail(`label[${n}]`, `${tags.length} labels for ${words.length} words`)
    const entities = fromTags(tags, "bare")
    if (entities === undefined) return fail(`label[${n}][${strayTag(tags, "bare")}]`, "an empty label")
    read.push({ words, entities })
  }
  return Result.succeed(read)
}

/**
 * Writes episodes in Few-NERD's format, atomically. Labels are bare, as everyone's readers expect: neighbours of one type merge, and
 * ids are not kept.
 *
 * @returns the number of episodes
 * @throws OutputError
 */
export const writeEpisodes = (path: string, episodes: Rows<Episode>): Promise<number> =>
  writeLines(path, episodes, ({ support, query, types }) =>
    JSON.stringify({ support: sideOf(support), query: sideOf(query), types })
  )

const sideOf = (sentences: ReadonlyArray<LabelledSentence>): typeof Side.Type => ({
  word: sentences.map(({ words }) => words),
  label: sentences.map(({ words, entities }) => toTags(entities, words.length, "bare"))
})
