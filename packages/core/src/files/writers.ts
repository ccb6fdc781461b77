import { OutputError } from "../errors.ts"
import { type AtomicFile, openAtomic, writeAtomic } from "./writeAtomic.ts"

/** Rows to write: all at hand, or made as they are asked for. */
export type Rows<A> = Iterable<A> | AsyncIterable<A>

/** Writes one JSON value, indented, atomically. @throws OutputError */
export const writeJson = async (path: string, value: unknown): Promise<void> => {
  await writeAtomic(path, [`${JSON.stringify(value, undefined, 2)}\n`])
}

/** Writes one JSON value a line, atomically and as a stream. @returns the number of rows @throws OutputError */
export const writeJsonl = (path: string, rows: Rows<unknown>): Promise<number> => writeLines(path, rows, jsonLine)

const jsonLine = (row: unknown): string => {
  const line = JSON.stringify(row)
  if (line === undefined) throw new TypeError(`not a JSON value: ${typeof row}`)
  return line
}

/**
 * Writes what `format` makes of each row, and a line end, atomically and as a stream.
 *
 * @returns the number of rows
 * @throws OutputError, also for text with a lone surrogate, which UTF-8 cannot hold.
 */
export const writeLines = async <A>(path: string, rows: Rows<A>, format: (row: A) => string): Promise<number> => {
  const lineOf = liner(path, format)
  let count = 0
  await writeAtomic(
    path,
    (async function* () {
      for await (const row of rows) {
        count++
        yield lineOf(row)
      }
    })()
  )
  return count
}

/** A file of JSON Lines that can be read while it grows, as `<path>.partial`: from the first row on. See `openAtomic`. @throws OutputError */
export const openJsonl = (path: string) => {
  if (/\.parquet$/i.test(path)) {
    const [reason, remedy] = ["JSON Lines are written", "name it .jsonl; nuner convert makes Parquet of it"]
    throw new OutputError({ path, reason, remedy })
  }
  const lineOf = liner(path, jsonLine)
  let file: Promise<AtomicFile> | undefined
  const opened = () => {
    file ??= openAtomic(path, true)
    return file
  }
  return {
    /** Adds rows, which stand in the file when the promise resolves. */
    write: async (rows: ReadonlyArray<unknown>): Promise<void> => {
      if (rows.length > 0) await (await opened()).write(rows.map(lineOf).join(""))
    },
    commit: async (): Promise<number> => (await opened()).commit(),
    abandon: async (): Promise<void> => {
      const begun = await file?.catch(() => undefined)
      await begun?.abandon()
    }
  }
}

/** Rows as the lines of a file, in their order. */
const liner = <A>(path: string, format: (row: A) => string): ((row: A) => string) => {
  let count = 0
  return (row) => {
    count++
    const line = format(row)
    if (!line.isWellFormed()) {
      const reason = `row ${count} has a lone surrogate, which UTF-8 cannot hold`
      throw new OutputError({ path, reason, remedy: "clean the text first" })
    }
    // A reader takes the first U+FEFF of a file for its byte order mark: one that is text goes behind one that is not.
    return count === 1 && line.startsWith("\ufeff") ? `\ufeff${line}\n` : `${line}\n`
  }
}
