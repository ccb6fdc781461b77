import type { Entity } from "../schema/LabelledSentence.ts"
import { recogniseNotation } from "../tags/notation.ts"
import { toTags } from "../tags/toTags.ts"
import { asWords } from "./documents.ts"
import type { Format, Reading } from "./Format.ts"
import {
  idOf,
  isObject,
  isStrings,
  type JsonObject,
  type JsonRecord,
  jsonFormat,
  otherFields,
  withFields
} from "./jsonFormat.ts"
import { classNames, isParquet } from "./parquet.ts"
import type { Source } from "./Source.ts"

/** The entities that a record's tags write down. */
type ReadTags = (record: JsonRecord, field: string, tags: ReadonlyArray<unknown>) => ReadonlyArray<Entity>

const withTags = (readTags: ReadTags): Format =>
  jsonFormat({
    name: "hugging-face",
    reads: ["names", "tagScheme", "untyped"],
    title: "Hugging Face: tokens and ner_tags, as strings or as numbers",
    unit: "utf16",
    needs: "entities",
    fits: (value) => isObject(value) && columnsOf(value) !== undefined,
    document: (record) => {
      const { fail, line, value } = record
      const columns = isObject(value) ? columnsOf(value) : undefined
      if (!isObject(value) || columns === undefined) return fail("", "no list of tokens with a list of tags")
      const [wordColumn, tagColumn] = columns
      const given = value[wordColumn] as string | ReadonlyArray<string>
      const words = isText(given) ? given.split(/\s+/).filter((word) => word !== "") : given
      const tags = value[tagColumn] as ReadonlyArray<unknown>
      if (words.length !== tags.length) return fail(tagColumn, `${tags.length} tags for ${words.length} words`)
      const entities = readTags(record, tagColumn, tags)
      return { line, id: idOf(value.id), words, entities, fields: otherFields(value, ["id", wordColumn, tagColumn]) }
    },
    row: (document) => {
      const { entities, id, words } = asWords(document)
      const row = {
        ...(id === undefined ? {} : { id }),
        tokens: words,
        ner_tags: toTags(entities, words.length, "BIO")
      }
      return withFields(row, document.fields)
    }
  })

/**
 * A data set of Hugging Face for token classification: `{"id", "tokens": [..], "ner_tags": [..]}`, in JSON or Parquet. Tags are strings, or
 * numbers whose names stand in the Parquet file or are given (`--names`). Written, tags are strings in BIO.
 */
export const huggingFace: Format = {
  ...withTags(() => []),
  flat: true,
  async *read(source, reading) {
    yield* withTags(await tagReader(source, reading)).read(source, reading)
  }
}

const wordColumns = ["tokens", "words"]
const textColumns = ["sentence", "text"]
const tagColumns = ["ner_tags", "tags", "labels", "ner", "tag"]

/** The columns of words and of tags; the words may be a text with spaces between them, where tags are marked as such. */
const columnsOf = (value: JsonObject): readonly [string, string] | undefined => {
  const tagColumn = columnOf(value, tagColumns, isTags)
  if (tagColumn === undefined) return undefined
  const wordColumn =
    columnOf(value, wordColumns, isStrings) ??
    (isMarked(value[tagColumn] as ReadonlyArray<unknown>) ? columnOf(value, textColumns, isText) : undefined)
  return wordColumn === undefined ? undefined : [wordColumn, tagColumn]
}

/** The first of some names, in any case, whose value is what is looked for. */
const columnOf = (value: JsonObject, names: ReadonlyArray<string>, is: (value: unknown) => boolean) =>
  names.find((name) => is(value[name])) ??
  Object.keys(value).find((name) => names.includes(name.toLowerCase()) && is(value[name]))

const isMarked = (tags: ReadonlyArray<unknown>): boolean =>
  tags.length > 0 && tags.every((tag) => typeof tag === "string" && /^(O$|[BIELSU]-)/.test(tag))

const isText = (value: unknown): value is string => typeof value === "string"

const isTags = (value: unknown): boolean =>
  Array.isArray(value) && value.every((tag) => typeof tag === "string" || Number.isInteger(tag))

/** Numbers are looked up in the names that are given, or that the file brings; strings are taken as they are. */
const tagReader = async (source: Source, { options }: Reading): Promise<ReadTags> => {
  const given = options.names
  const inFile = given === undefined && (await isParquet(source)) ? await classNames(source) : undefined
  const notationOf = (sentences: ReadonlyArray<ReadonlyArray<string>>) =>
    recogniseNotation(sentences, { scheme: options.tagScheme, untyped: options.untyped })
  const names = (field: string) => given ?? inFile?.get(field)
  const known = given ?? [...(inFile?.values() ?? [])].flat()
  const notation = notationOf(known.length === 0 ? [] : [known]) ?? notationOf([])!
  return ({ fail }, field, tags) => {
    const read = tags.map((tag, n): string => {
      if (typeof tag === "string") return tag
      const list = names(field)
      if (list === undefined) {
        return fail(field, "its tags are numbers", "say what they stand for, by number: --names O,B-PER,I-PER")
      }
      return (
        list[tag as number] ??
        fail(`${field}[${n}]`, `${tag} is not one of ${list.length} names`, "--names O,B-PER,...")
      )
    })
    const entities = notation.entities(read)
    return typeof entities === "number"
      ? fail(`${field}[${entities}]`, `${JSON.stringify(read[entities])} is no ${notation.name} tag`)
      : entities
  }
}
