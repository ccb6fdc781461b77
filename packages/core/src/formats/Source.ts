import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { pipeline, type Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { InputError } from "../errors.ts"
import { codeOf } from "../thrown.ts"

/** Text in pieces; where the pieces break does not matter. A `ReadableStream` or `process.stdin` is one. */
export type Chunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/**
 * Where a reader reads from: the path of a UTF-8 file (a `.gz` file is unpacked on the way), chunks of text, or either a whole
 * text or chunks with a name that errors cite. A bare string is always a path.
 */
export type Source = string | AsyncIterable<string | Uint8Array> | Named

interface Named {
  readonly name: string
  readonly text: string | Chunks
}

/** A `ReadableStream` may have a `text` of its own, so what can be iterated comes first. */
const isNamed = (source: Source): source is Named => typeof source === "object" && !(Symbol.asyncIterator in source)

/** How errors cite a source. */
export const sourceName = (source: Source): string =>
  typeof source === "string" ? source : isNamed(source) ? source.name : "input"

/** Whether a second pass reads the same again. */
export const canReread = (source: Source): boolean =>
  typeof source === "string" || (isNamed(source) && typeof source.text === "string")

/** "data/train.txt.gz" -> "train": the prefix of the ids of what is read from it. */
export const stem = (source: Source): string => {
  const base = sourceName(source)
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.gz$/, "")
    .replace(/(?<=.)\.[^.]*$/, "")
  return base === "" ? "input" : base
}

/** The lower-case extension without a `.gz` behind it: "jsonl", "" where there is none. */
export const extension = (source: Source): string =>
  /\.([^./\\]+)$/.exec(sourceName(source).replace(/\.gz$/, ""))?.[1]?.toLowerCase() ?? ""

/** The pieces of a source as they come, unpacked where they are gzip. @throws InputError when a file is missing, unreadable or a broken gzip. */
export const chunks = (source: Source): Chunks => {
  if (typeof source === "string") return fileChunks(source)
  const name = sourceName(source)
  const pieces = isNamed(source) ? source.text : source
  return typeof pieces === "string" ? [pieces] : unpacked(pieces, name)
}

/** A source that is looked at before it is read: what was looked at comes again. */
export interface Ahead {
  /** The next piece that nobody has looked at yet; `undefined` behind the last. */
  next(): Promise<Uint8Array | undefined>
  /** The pieces from the first on. They are kept: it is for a look at the start. */
  look(): AsyncGenerator<Uint8Array>
  /** The pieces from the first on, each let go. To be called once, as the last of all. */
  read(): AsyncGenerator<Uint8Array>
  /** Ends a source that is not read. */
  close(): Promise<void>
}

export const ahead = (source: Source): Ahead => {
  const pieces = chunks(source)
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  const held: Array<Uint8Array> = []
  const encoder = new TextEncoder()
  const pull = async (): Promise<Uint8Array | undefined> => {
    const { done, value } = await iterator.next()
    if (done) return undefined
    return typeof value === "string" ? encoder.encode(value) : value
  }
  const next = async () => {
    const piece = await pull()
    if (piece !== undefined) held.push(piece)
    return piece
  }
  const close = async () => {
    await iterator.return?.()
  }
  return {
    next,
    close,
    async *look() {
      for (let n = 0; ; n++) {
        const piece = held[n] ?? (await next())
        if (piece === undefined) return
        yield piece
      }
    },
    async *read() {
      try {
        for (;;) {
          const piece = held.shift() ?? (await pull())
          if (piece === undefined) return
          yield piece
        }
      } finally {
        await close()
      }
    }
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    if ((await stat(path)).isDirectory())
      throw new InputError({ source: path, reason: "is a folder", remedy: "name a file in it" })
    const file: Readable = createReadStream(path, { highWaterMark: 1 << 18 })
    yield* path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : unpacked(file, path)
  } catch (cause) {
    throw readError(path, cause)
  }
}

/** Pieces as they are, or unpacked where they start as gzip does. */
async function* unpacked(pieces: Chunks, name: string): AsyncGenerator<string | Uint8Array> {
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  const first = await iterator.next()
  if (first.done) return
  const all = async function* () {
    try {
      yield first.value
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  const packed = typeof first.value !== "string" && first.value[0] === 0x1f && first.value[1] === 0x8b
  try {
    yield* packed ? pipeline(all(), createGunzip(), () => {}) : all()
  } catch (cause) {
    throw readError(name, cause)
  }
}

/** A system's error about reading `path`, in our words; other errors are returned as they are. */
export const readError = (path: string, cause: unknown): unknown => {
  const code = codeOf(cause)
  const known = causes[code] ?? (code.startsWith("Z_") ? causes.Z_ : undefined)
  return known === undefined ? cause : new InputError({ source: path, ...known })
}

const causes: Record<string, { reason: string; remedy: string }> = {
  ENOENT: { reason: "no such file", remedy: "check the path" },
  ENOTDIR: { reason: "no such file", remedy: "a part of the path is not a folder" },
  EACCES: { reason: "not readable", remedy: "check its permissions" },
  EPERM: { reason: "not readable", remedy: "check its permissions" },
  Z_: { reason: "not a whole gzip file", remedy: "fetch it again, or drop the .gz of its name if it is not packed" }
}
