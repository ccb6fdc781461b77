import { InputError, partsOf } from "../errors.ts"
import { decodeOptions } from "../options/decodeOptions.ts"
import { DataOptions, type DataOptionsInput } from "./DataOptions.ts"
import type { Document, Format, Reading } from "./Format.ts"
import { peek } from "./Head.ts"
import { formatNamed, recognise } from "./registry.ts"
import type { Source } from "./Source.ts"
import { settle, unitHint } from "./settle.ts"

/** What a file turned out to hold. The counts grow while it is read. */
export interface DataReport {
  readonly source: string
  readonly format: string
  /** What was recognised beyond the format: columns, tag scheme. */
  readonly details: ReadonlyArray<string>
  /** Records that were given on. */
  readonly documents: number
  /** Records that could not be used. */
  readonly malformed: number
  /** Records left out because the file says so, by reason. */
  readonly dropped: ReadonlyMap<string, number>
  /** What was read otherwise than it stands there. */
  readonly noted: ReadonlyMap<string, number>
  /** Entities by type. */
  readonly entities: ReadonlyMap<string, number>
  /** Records with a list of entities, be it empty. */
  readonly labelled: number
}

/** An open data file. */
export interface Data {
  readonly format: Format
  readonly report: DataReport
  /** To be read once. @throws InputError with file and line */
  readonly documents: AsyncGenerator<Document>
}

export interface OpenOptions extends DataOptionsInput {
  /** Entities may not share a span either, as where a word has one tag. Default false. */
  readonly flat?: boolean
  /** Entities are passed over: it is read as raw text. Default false. */
  readonly textOnly?: boolean
  /** Told of each record that is skipped as malformed. */
  readonly onMalformed?: (error: InputError) => void
}

/**
 * The one door for data: recognises a file by its content (or takes `format`), and reads it as documents with offsets in UTF-16, duplicates
 * merged, cuts and overlaps resolved as the options say.
 *
 * @throws InputError when it is none of the formats, or could be several
 * @throws OptionError
 */
export const openData = async (
  given: Source,
  { flat = false, onMalformed, textOnly = false, ...input }: OpenOptions = {}
): Promise<Data> => {
  const options = decodeOptions("data", DataOptions, input)
  const { head, source } = await peek(given)
  const format = options.format === undefined ? recognise(head) : formatNamed(options.format)
  const details: Array<string> = []
  const tallies = {
    dropped: new Map<string, number>(),
    noted: new Map<string, number>(),
    entities: new Map<string, number>()
  }
  const report = {
    source: head.name,
    format: format.name,
    details,
    documents: 0,
    malformed: 0,
    labelled: 0,
    ...tallies
  }
  const reading: Reading = {
    source: head.name,
    options,
    malformed: (error) => {
      if (options.malformed === "fail") throw skippable(error)
      report.malformed++
      onMalformed?.(error)
    },
    dropped: (reason) => add(tallies.dropped, reason, 1),
    noted: (what, count = 1) => add(tallies.noted, what, count),
    detail: (what) => details.push(what)
  }
  const documents = async function* (): AsyncGenerator<Document> {
    for await (const raw of format.read(source, reading)) {
      let document: Document
      try {
        document = settle(textOnly ? { ...raw, entities: undefined } : raw, format, reading, flat)
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        reading.malformed(await unitHint(error, raw, format, source, options))
        continue
      }
      report.documents++
      if (document.entities !== undefined) report.labelled++
      for (const { type } of document.entities ?? []) add(tallies.entities, type, 1)
      yield document
    }
    if (!options.allowEmpty) checkEntities(report)
  }
  return { format, report, documents: documents() }
}

/** @throws InputError for labelled records without a single entity */
export const checkEntities = ({ details, entities, format, labelled, source }: DataReport): void => {
  if (labelled === 0 || entities.size > 0) return
  throw new InputError({
    source,
    reason: `has no entity in ${labelled} labelled records (read as ${format}${details.length === 0 ? "" : `: ${details.join("; ")}`})`,
    remedy: "check format, columns and scheme; if that is right: --allow-empty"
  })
}

const add = (tally: Map<string, number>, key: string, count: number) => tally.set(key, (tally.get(key) ?? 0) + count)

/** The error that ends the reading names the flag that would not end it, unless a better remedy is known. */
const skippable = (error: InputError): InputError =>
  error.remedy !== undefined || error.line === undefined
    ? error
    : new InputError({ ...partsOf(error), remedy: "correct it, or leave such records out: --malformed skip" })
