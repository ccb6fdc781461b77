import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Scheme } from "../tags/Scheme.ts"
import { Overlap } from "../words/overlap.ts"
import { OnCut } from "../words/spans.ts"

const withDefault = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))
const column = Schema.Union([Schema.Int, Schema.NonEmptyString])

/** How data files are read, in every command: the one place of these defaults. */
export const DataOptions = Schema.Struct({
  /** The name of the format. Absent: recognised by content. */
  format: Schema.optionalKey(Schema.NonEmptyString),
  /** How offsets count. Absent: as the format has it. */
  offsets: Schema.optionalKey(Schema.Literals(["utf16", "codepoints", "bytes"])),
  /** What becomes of an entity whose edge lies inside a word: grown to the word's edge, cut down to whole words, left out, refused. */
  onCut: OnCut.pipe(withDefault<OnCut>("fail")),
  /** What becomes of a record that cannot be used. */
  malformed: Schema.Literals(["fail", "skip"]).pipe(withDefault<"fail" | "skip">("fail")),
  /**
   * What becomes of different entities that share words: all stay, the longest stays (of equals the first), all of them go, refused. Several
   * types on one span do not overlap here.
   */
  overlap: Overlap.pipe(withDefault<Overlap>("fail")),
  /** Columns: which one holds the word; a number from 0, negative from the end, or its name in the header. Absent: recognised. */
  wordColumn: Schema.optionalKey(column),
  /** Columns: which one holds the tag. Absent: recognised. */
  tagColumn: Schema.optionalKey(column),
  /** Columns: which one holds running text. Absent: recognised by its name. */
  textColumn: Schema.optionalKey(column),
  /** How tags write entities. Absent: recognised. */
  tagScheme: Schema.optionalKey(Scheme),
  /** What numbered tags stand for, by number: ["O", "B-PER", "I-PER"]. */
  names: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  /** The type of entities whose tags name none (`B`, `I`). */
  untyped: Schema.NonEmptyString.pipe(withDefault("entity")),
  /** A labelled file without a single entity is an error unless this is set. Default false. */
  allowEmpty: Schema.Boolean.pipe(withDefault(false)),
  /** Plain text: what ends a paragraph. In files that wrap their lines, a blank line. */
  paragraphs: Schema.Literals(["line", "blank-line"]).pipe(withDefault<"line" | "blank-line">("line"))
})
export type DataOptions = typeof DataOptions.Type
/** As it is given: what has a default may be absent. */
export type DataOptionsInput = typeof DataOptions.Encoded
