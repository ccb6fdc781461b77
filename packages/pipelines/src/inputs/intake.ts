import { extname } from "node:path"
import {
  type AlignedSentence,
  type AnnotatedSentence,
  type Counts,
  checkEntities,
  type Data,
  type DataOptionsInput,
  type DataReport,
  type Document,
  type DocumentSentence,
  describeData,
  InputError,
  type LabelledSentence,
  type OpenOptions,
  openAligned,
  openData,
  openLabelled,
  openSentences
} from "@nuner/core"
import { type SkippedRecords, skippedRecords } from "./skippedRecords.ts"
import { isNamedAsData, sourcesOf } from "./sources.ts"

export interface IntakeOptions {
  /** How files are read. */
  readonly data?: DataOptionsInput | undefined
  /** Told what each file turned out to be, in one line. Default: nobody. */
  readonly say?: ((line: string) => void) | undefined
  /** Told the same as data, when a file or all of a folder is read. Default: nobody. */
  readonly onRead?: ((report: DataReport) => void) | undefined
  /** The artefact that is made, beside which skipped records are listed, or the list itself. Absent: they are counted only. */
  readonly out?: string | SkippedRecords | undefined
}

/**
 * The door through which a stage reads its data: files and folders of any format, each told in one line, all of it counted for the
 * manifest.
 */
export interface Intake {
  /** The records of a file or folder. @throws InputError with file and line */
  documents(path: string, options?: Pick<OpenOptions, "flat" | "textOnly">): AsyncGenerator<Document>
  /** Its sentences, as raw text. */
  sentences(path: string): AsyncGenerator<DocumentSentence>
  /** Its sentences with what an LLM said of them. */
  annotated(path: string): AsyncGenerator<AnnotatedSentence>
  /** Its sentences with concepts in their places: aligned ones, or labelled ones with their types as concepts. */
  aligned(path: string): AsyncGenerator<AlignedSentence>
  /** Its labelled sentences, one tag a word; at least one. */
  dataset(path: string): Promise<Array<LabelledSentence>>
  /** Of all records that were read so far. Call it when all is read. */
  counts(): Counts
  /** The list of skipped records, if any were: what it leaves beside the artefact. */
  readonly files: ReadonlyArray<string>
}

/** The door through which a stage reads its data. Records that can't be read are skipped, counted, told by `say` and listed beside `out`. */
export const intake = ({ data, onRead, out, say = () => {} }: IntakeOptions = {}): Intake => {
  const reports: Array<DataReport> = []
  const skipped = typeof out === "string" ? skippedRecords(out) : out
  const onMalformed = (error: InputError) => skipped?.add(error)

  /**
   * Opens the files of an argument one after the other. Of a folder, those that are no data and don't end as data does are passed over; one that
   * ends so and can't be read is malformed data.
   */
  async function* opened<D extends Pick<Data, "report">, A>(
    path: string,
    open: (source: string, options: OpenOptions) => Promise<D>,
    items: (data: D) => AsyncGenerator<A>
  ): AsyncGenerator<A> {
    const sources = sourcesOf(path)
    if (sources === undefined) throw new InputError({ source: path, reason: "no such file", remedy: "check the path" })
    const isFolder = sources.length !== 1 || sources[0] !== path
    const passed: Array<string> = []
    const read: Array<DataReport> = []
    const unread: Array<DataReport> = []
    for (const source of sources) {
      let opening: D
      try {
        opening = await open(source, { ...data, ...(isFolder && { allowEmpty: true }), onMalformed })
      } catch (error) {
        if (!isFolder || !(error instanceof InputError)) throw error
        if (!isNamedAsData(source)) passed.push(source)
        else {
          if (data?.malformed !== "skip") throw error
          onMalformed(error)
          say(`left out: ${error.message}`)
          unread.push(unreadReport(source))
        }
        continue
      }
      reports.push(opening.report)
      read.push(opening.report)
      yield* items(opening)
    }
    if (read.length === 0) {
      const reason = sources.length === 0 ? "a folder without files" : `none of its ${sources.length} files is data`
      throw new InputError({ source: path, reason, remedy: "name a file or another folder" })
    }
    reports.push(...unread)
    const report = isFolder ? together(path, [...read, ...unread]) : read[0]!
    say(`${describeData(report)}${describePassed(passed)}`)
    onRead?.(report)
    if (isFolder && data?.allowEmpty !== true) checkEntities(report)
  }

  return {
    documents: (path, options = {}) =>
      opened(
        path,
        (source, given) => openData(source, { ...given, ...options }),
        ({ documents }) => documents
      ),
    sentences: (path) => opened(path, openSentences, ({ sentences }) => sentences),
    async *annotated(path) {
      for await (const { document, id, text } of opened(path, openSentences, ({ sentences }) => sentences)) {
        if (document.annotations === undefined) {
          const remedy = "give the output of `nuner annotate`"
          throw new InputError({ source: path, line: document.line, reason: "is not annotated", remedy })
        }
        yield { id, text, annotations: document.annotations }
      }
    },
    aligned: (path) => opened(path, openAligned, ({ sentences }) => sentences),
    dataset: async (path) => {
      const sentences = await Array.fromAsync(opened(path, openLabelled, ({ sentences }) => sentences))
      if (sentences.length > 0) return sentences
      const remedy = "check that this is the right file"
      throw new InputError({ source: path, reason: "has no labelled sentences", remedy })
    },
    counts: () => {
      const all = together("", reports)
      const dropped = Object.fromEntries([
        ...all.dropped,
        ...(all.malformed > 0 ? [["malformed", all.malformed] as const] : [])
      ])
      const left = Object.values(dropped).reduce((sum, n) => sum + n, 0)
      return { in: all.documents + left, out: all.documents, dropped }
    },
    get files() {
      return skipped?.files ?? []
    }
  }
}

/** Of a file that is data by its name and could not be read. */
const unreadReport = (source: string): DataReport => ({
  ...{ source, format: "not read", details: [], documents: 0, malformed: 1, labelled: 0 },
  ...{ dropped: new Map(), noted: new Map(), entities: new Map() }
})

/** Several reports as one. */
const together = (source: string, reports: ReadonlyArray<DataReport>): DataReport => {
  const sum = (of: (report: DataReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const merged = (of: (report: DataReport) => ReadonlyMap<string, number>) => {
    const counts = new Map<string, number>()
    for (const report of reports) for (const [key, n] of of(report)) counts.set(key, (counts.get(key) ?? 0) + n)
    return counts
  }
  const formats = [...new Set(reports.map(({ format }) => format))]
  return {
    source,
    format: formats
      .map((format) => `${reports.filter((report) => report.format === format).length} files ${format}`)
      .join(", "),
    details: [...new Set(reports.flatMap(({ details }) => details))],
    documents: sum(({ documents }) => documents),
    malformed: sum(({ malformed }) => malformed),
    labelled: sum(({ labelled }) => labelled),
    dropped: merged(({ dropped }) => dropped),
    noted: merged(({ noted }) => noted),
    entities: merged(({ entities }) => entities)
  }
}

const describePassed = (paths: ReadonlyArray<string>): string => {
  if (paths.length === 0) return ""
  const endings = Map.groupBy(paths, (path) => extname(path) || "without ending")
  return `; ${paths.length} files passed over (${[...endings].map(([ending, of]) => `${of.length} ${ending}`).join(", ")})`
}
