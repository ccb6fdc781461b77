/** What a file that is no text is, and how to make one of it that is read. */
export interface BinaryKind {
  readonly is: string
  readonly remedy: string
}

const ZIP = "PK\u0003\u0004"
const plainText = "save it as plain text, or as HTML"

/** Files that come by mistake, by their first bytes as Latin-1, and by what stands a little behind: the names of an archive's files. */
const kinds: ReadonlyArray<BinaryKind & { readonly begins: string; readonly holds?: string }> = [
  { begins: "%PDF-", is: "a PDF", remedy: "make text of it first: pdftotext" },
  { begins: ZIP, holds: "word/", is: "a Word document", remedy: plainText },
  { begins: ZIP, holds: "xl/", is: "an Excel workbook", remedy: "save it as CSV" },
  { begins: ZIP, holds: "opendocument.text", is: "an OpenDocument text", remedy: plainText },
  { begins: ZIP, holds: "opendocument.spreadsheet", is: "an OpenDocument spreadsheet", remedy: "save it as CSV" },
  { begins: ZIP, is: "a ZIP archive", remedy: "unpack it" },
  { begins: "\u00d0\u00cf\u0011\u00e0", is: "a document of old Office", remedy: "save it as plain text, or as CSV" },
  { begins: "BZh91AY&SY", is: "packed by bzip2", remedy: "unpack it: bunzip2" },
  { begins: "\u00fd7zXZ\0", is: "packed by xz", remedy: "unpack it: unxz" },
  { begins: "(\u00b5/\u00fd", is: "packed by Zstandard", remedy: "unpack it: unzstd" },
  { begins: "ARROW1", is: "an Arrow file", remedy: "write it as Parquet: dataset.to_parquet" },
  { begins: "\u00ff\u00ff\u00ff\u00ff", is: "an Arrow stream", remedy: "write it as Parquet: dataset.to_parquet" },
  { begins: "\u0080\u0004\u0095", is: "a Python pickle", remedy: "write it as JSON Lines" },
  { begins: "SQLite format 3\0", is: "a SQLite database", remedy: "write it as CSV, or as JSON Lines" }
]

/** What a file is by its first bytes, where that is none that is read; undefined: nothing that is known. */
export const binaryKind = (bytes: Uint8Array): BinaryKind | undefined => {
  const start = String.fromCharCode(...bytes.subarray(0, 4096))
  return kinds.find(({ begins, holds = "" }) => start.startsWith(begins) && start.includes(holds))
}
