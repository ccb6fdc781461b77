import { type DataOptionsInput, Scheme } from "@nuner/core"
import { type Option, Schema } from "effect"
import { Flag } from "effect/cli"
import { given, only, optional } from "./flags.ts"

/** A column by its number or by its name. */
const column = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(
      `${description}: a number from 0, negative from the end, or a name of the header; absent: recognised`
    ),
    Flag.map((value) => (/^-?\d+$/.test(value) ? Number(value) : value)),
    Flag.optional
  )

/** How raw text is read: of `DataOptions` those that matter without entities. */
export const textFlags = {
  format: optional.text("format", "the format of the input, see nuner convert --help; absent: recognised by content"),
  malformed: optional.choice(
    "malformed",
    ["fail", "skip"],
    "records that cannot be used: refused, or left out, counted and listed beside the output; default fail"
  ),
  textColumn: column("text-column", "which column of a table holds the text"),
  wordColumn: column("word-column", "which column holds the word"),
  tagColumn: column("tag-column", "which column holds the tag"),
  paragraphs: optional.choice("paragraphs", ["line", "blank-line"], "what ends a paragraph of plain text; default line")
}

/** How labelled data is read: `DataOptions`, whose defaults stand there. */
export const dataFlags = {
  ...textFlags,
  offsets: optional.choice(
    "offsets",
    ["utf16", "codepoints", "bytes"],
    "how offsets of entities count; absent: as the format has it"
  ),
  onCut: optional.choice(
    "on-cut",
    ["expand", "shrink", "skip", "fail"],
    "entities that end inside a word: grown, cut down, left out, or refused; default fail"
  ),
  overlap: optional.choice(
    "overlap",
    ["keep", "longest", "drop", "fail"],
    "entities that share words: all stay, the longest, none, or refused; default fail"
  ),
  tagScheme: Flag.Literals("tag-scheme", Scheme.literals).pipe(
    Flag.withDescription("how tags of words write entities; absent: recognised"),
    Flag.optional
  ),
  names: Flag.String("names").pipe(
    Flag.withDescription("what numbered tags stand for, in their order: O,B-PER,I-PER"),
    Flag.withSchema(Schema.NonEmptyString),
    Flag.map((value) => value.split(",").map((name) => name.trim())),
    Flag.optional
  ),
  untyped: optional.text("untyped", "the type of entities whose tags name none; default entity"),
  allowEmpty: Flag.Boolean("allow-empty").pipe(
    Flag.withDescription("labelled data without any entity is no error"),
    Flag.optional
  )
}

/** Of a command's flags those about its data, as one option: `{ data }`. */
export const dataOf = (
  flags: { readonly [K in keyof typeof dataFlags]?: Option.Option<unknown> }
): {
  readonly data: DataOptionsInput
} => ({ data: given(only(flags, dataFlags)) as DataOptionsInput })
