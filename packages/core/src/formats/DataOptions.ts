import * as Schema from "effect/Schema"
import { option } from "../options/option.ts"
import { Scheme } from "../tags/Scheme.ts"
import { Overlap } from "../words/overlap.ts"
import { OnCut } from "../words/spans.ts"

const column = Schema.optionalKey(Schema.Union([Schema.Int, Schema.NonEmptyString]))
const ofAColumn = "a number from 0, negative from the end, or a name of the header"

/** How data files are read, in every command: the one place of these defaults. */
export const DataOptions = Schema.Struct({
  format: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "the format of the files, by its name: `nuner convert --help` lists them",
    absent: "recognised by content"
  }),
  offsets: option(Schema.optionalKey(Schema.Literals(["utf16", "codepoints", "bytes"])), {
    help: "how offsets of entities count",
    absent: "as the format has it"
  }),
  onCut: option(OnCut, {
    default: "fail",
    help: "an entity whose edge lies inside a word: grown to the word's edge, cut down to whole words, left out, or refused"
  }),
  malformed: option(Schema.Literals(["fail", "skip"]), {
    default: "fail",
    help: "records that cannot be used: refused, or left out, counted and listed beside the output"
  }),
  overlap: option(Overlap, {
    default: "fail",
    help: "different entities that share words: all stay, the longest stays (of equals the first), all of them go, or refused; several types on one span do not overlap here"
  }),
  wordColumn: option(column, { help: `which column holds the word: ${ofAColumn}`, absent: "recognised" }),
  tagColumn: option(column, { help: `which column holds the tag: ${ofAColumn}`, absent: "recognised" }),
  textColumn: option(column, {
    help: `which column of a table holds running text: ${ofAColumn}`,
    absent: "recognised by its name"
  }),
  tagScheme: option(Schema.optionalKey(Scheme), { help: "how tags of words write entities", absent: "recognised" }),
  names: option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
    help: "what numbered tags or types stand for, in their order: O, B-PER, I-PER",
    absent: "as the file says"
  }),
  untyped: option(Schema.NonEmptyString, {
    default: "entity",
    help: "the type of entities whose tags name none (B, I)"
  }),
  allowEmpty: option(Schema.Boolean, { default: false, help: "labelled data without any entity is no error" }),
  paragraphs: option(Schema.Literals(["line", "blank-line"]), {
    default: "line",
    help: "what ends a paragraph of plain text, also of one with tags: in files that wrap their lines, a blank line"
  })
})
export type DataOptions = typeof DataOptions.Type
/** As it is given: what has a default may be absent. */
export type DataOptionsInput = typeof DataOptions.Encoded
