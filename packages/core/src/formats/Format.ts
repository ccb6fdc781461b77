import type { InputError } from "../errors.ts"
import type { Annotation } from "../schema/Annotation.ts"
import type { Span } from "../schema/Span.ts"
import type { Scheme } from "../tags/Scheme.ts"
import type { OffsetUnit } from "../text/offsets.ts"
import type { DataOptions } from "./DataOptions.ts"
import type { Head } from "./Head.ts"
import type { Source } from "./Source.ts"

/** A typed span of a record. What else its file says of it (a score, an id of a knowledge base) stands in `fields`. */
export interface TypedSpan extends Span {
  readonly type: string
  readonly fields?: Fields | undefined
}

/** Every field of a record that is none of the format's own. */
export type Fields = Readonly<Record<string, unknown>>

/** Where each UTF-16 unit of a text begins and ends in its file; one that is written as a reference (`&eacute;`) is all of it. */
export interface Places {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/**
 * A record of a data file, of any format. It has either `text`, with entities in UTF-16 units of it, or `words`, with entities over words (end
 * excluded). `tokens` are the places of the words in `text` where the file has words of its own. Entities are sorted, none twice.
 */
export interface Document {
  /** Where it starts in its file, 1-based; in a Parquet file the row. */
  readonly line: number
  readonly id?: string | undefined
  readonly text?: string | undefined
  /** Of plain text: where `text` begins in its file, in UTF-16 units. */
  readonly at?: number | undefined
  /** Of a text that markup was taken out of. */
  readonly places?: Places | undefined
  readonly tokens?: ReadonlyArray<Span> | undefined
  readonly words?: ReadonlyArray<string> | undefined
  /** Absent: not labelled. Empty: looked at, and nothing found. */
  readonly entities?: ReadonlyArray<TypedSpan> | undefined
  /** What an LLM said of it, without places. */
  readonly annotations?: ReadonlyArray<Annotation> | undefined
  readonly fields?: Fields | undefined
}

/**
 * A record as a format's reader gives it: spans count in the format's unit (`Format.unit`), in any order, perhaps wrong. The door
 * (`openData`) converts them, checks that they fit, merges duplicates, and applies `onCut` and `overlap`: a reader does none of that.
 */
export interface RawDocument extends Omit<Document, "id" | "entities"> {
  readonly id?: string | number | null | undefined
  readonly entities?: ReadonlyArray<RawSpan> | undefined
}

export interface RawSpan extends TypedSpan {
  /** What the file says that the span covers: compared with what it does cover. */
  readonly text?: string | undefined
}

/** What a reader is given, and tells of what it meets. */
export interface Reading {
  /** How errors cite the source. */
  readonly source: string
  readonly options: DataOptions
  /** A record that cannot be used. It is thrown, or (`malformed: "skip"`) counted and left out: go on with the next one. */
  malformed(error: InputError): void
  /** A record that is left out because its file says so: "answered reject". */
  dropped(reason: string): void
  /** A thing that was read otherwise than it stands there, and its number: "rows without a word". The record stays. */
  noted(what: string, count?: number): void
  /** What was recognised beyond the format's name, for the line that says so: "5 columns, word 0, tag 4, BIO". */
  detail(what: string): void
}

/** Options of `DataOptions` that concern some formats only. */
export type FormatOption =
  | "offsets"
  | "wordColumn"
  | "tagColumn"
  | "textColumn"
  | "tagScheme"
  | "names"
  | "untyped"
  | "paragraphs"

/** How to write. What a format has no use for, it passes over. */
export interface WriteOptions {
  /** Of tags. Default "BIO". */
  readonly scheme?: Scheme | undefined
}

/**
 * A format of data files: one file in this folder, one line in `registry.ts`. `jsonFormat` makes one from a function a record.
 */
export interface Format {
  /** As `--format` and `--to` take it. */
  readonly name: string
  /** Whose files these are, in a few words. */
  readonly title: string
  /** How the offsets in its files count, unless `--offsets` says otherwise; ends are excluded. */
  readonly unit: OffsetUnit
  /** File endings that `convert` takes for it when nothing else names the output's format: ["conll", "bio"]. */
  readonly endings?: ReadonlyArray<string>
  /**
   * What a document has to have to be written: entities, or at least what an LLM said of it. A format that cannot tell a text that nobody looked at from one
   * without entities would make the first into the second. Absent: nothing.
   */
  readonly needs?: "entities" | "annotations"
  /** One tag a word: entities that share a word, or a span, cannot be written. */
  readonly flat?: boolean
  /** Of the options that concern some formats only, those that its reader looks at. Absent: none. */
  readonly reads?: ReadonlyArray<FormatOption>
  /** Its tags are of any scheme: it takes `scheme` when it is written. */
  readonly tags?: boolean
  /** Its reader gives no word of nothing: they are not looked at again, of which a file has millions. */
  readonly wordsAreFull?: boolean
  /**
   * How much it takes for its own: of several formats that recognise a content, the narrowest is meant. 0, the default: files with marks of their
   * own; 1: a general form, columns or objects with a text; 2: anything that is text.
   */
  readonly breadth?: 0 | 1 | 2
  /**
   * Whether a file is one of these, by the start of its content; "perhaps" is one broader. A name may only tell of files beside it.
   */
  recognise(head: Head): boolean | "perhaps"
  read(source: Source, reading: Reading): AsyncIterable<RawDocument>
  /** A document as a row, in a format whose files are rows. */
  readonly row?: (document: Document) => unknown
  /**
   * Writes documents, atomically and as a stream; offsets are converted to `unit`. Absent: the format is read only.
   *
   * @returns the number of documents
   * @throws OutputError for what the format cannot hold, naming the document
   */
  readonly write?: (path: string, documents: AsyncIterable<Document>, options: WriteOptions) => Promise<number>
}
