import { OutputError } from "../errors.ts"
import { writeAtomic } from "./writeAtomic.ts"

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
  let count = 0
  await writeAtomic(
    path,
    (async function* () {
      for await (const row of rows) {
        count++
        const line = format(row)
        if (!line.isWellFormed()) {
          throw new OutputError({
            path,
            reason: `row ${count} has a lone surrogate, which UTF-8 cannot hold`,
            remedy: "clean the text first"
          })
        }
        // A reader takes the first U+FEFF of a file for its byte order mark: one that is text goes behind one that is not.
        yield count === 1 && line.startsWith("\ufeff") ? `\ufeff${line}\n` : `${line}\n`
      }
    })()
  )
  return count
}
