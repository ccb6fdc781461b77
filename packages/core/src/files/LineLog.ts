import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { outputError, refuseGzip } from "./writeAtomic.ts"

/** A file of lines that grows line by line through a long run. */
export class LineLog {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Makes folder and file; of a file that is there, cuts off a last line that was not written whole.
   *
   * @throws OutputError, also for a name in `.gz`, to which nothing can be appended
   */
  static open(path: string): LineLog {
    refuseGzip(path, "a file that grows by lines")
    try {
      mkdirSync(dirname(path), { recursive: true })
      within(path, "a+", (file, size) => {
        const whole = endOfLines(file, size)
        if (whole < size) ftruncateSync(file, whole)
      })
    } catch (cause) {
      throw outputError(path, cause)
    }
    return new LineLog(path)
  }

  /**
   * Adds a line, which is on the disk when this returns; where it fails the file is as it was.
   *
   * @throws OutputError that says what stood in the way: full disk, permissions
   */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`)
    try {
      within(this.path, "a", (file, size) => {
        try {
          for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
          fsyncSync(file)
        } catch (cause) {
          ftruncateSync(file, size)
          throw cause
        }
      })
    } catch (cause) {
      throw outputError(this.path, cause)
    }
  }
}

const within = (path: string, flags: string, work: (file: number, size: number) => void): void => {
  const file = openSync(path, flags)
  try {
    work(file, fstatSync(file).size)
  } finally {
    closeSync(file)
  }
}

/** Where the last whole line ends. */
const endOfLines = (file: number, size: number): number => {
  const piece = Buffer.alloc(1 << 16)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - piece.length)
    const length = readSync(file, piece, 0, end - start, start)
    const at = piece.subarray(0, length).lastIndexOf(10)
    if (at !== -1) return start + at + 1
    end = start
  }
  return 0
}
