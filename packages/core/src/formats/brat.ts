import { existsSync } from "node:fs"
import { mkdir, readFile, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { InputError, OutputError } from "../errors.ts"
import { refuseGzip, writeAtomic } from "../files/writeAtomic.ts"
import { asText } from "./documents.ts"
import type { Document, Format, RawSpan, Reading } from "./Format.ts"
import { lines } from "./lines.ts"
import { chunks, sourceName } from "./Source.ts"

/**
 * brat's stand-off: a text in `name.txt`, its entities in `name.ann` beside it (`T1<tab>Type start end<tab>what it covers`). Either file stands for
 * both. Offsets are code points. Entities in several pieces are left out and counted; relations, events and notes are passed over. Written, it is a
 * folder with two files a document.
 */
export const brat: Format = {
  name: "brat",
  reads: ["offsets"],
  title: "brat: name.txt, and name.ann beside it",
  unit: "codepoints",
  recognise: ({ name, shape, lines }) => {
    if (shape !== "text") return false
    if (name.endsWith(".txt")) return existsSync(annotationsOf(name))
    if (name.endsWith(".ann") && existsSync(name.replace(/\.ann$/, ".txt"))) return true
    const rows = lines.filter((line) => line !== "")
    return rows.length > 0 && rows.every((line) => standoff.test(line)) && rows.some((line) => line.startsWith("T"))
  },
  async *read(source, reading) {
    const path = sourceName(source)
    const textPath = path.replace(/\.(ann|txt)$/, ".txt")
    const annotationPath = annotationsOf(textPath)
    if (path.endsWith(".ann") && !existsSync(textPath)) {
      throw new InputError({ source: path, reason: "its text is missing", remedy: `put ${textPath} beside it` })
    }
    const pieces: Array<Uint8Array> = []
    if (path === textPath) {
      for await (const piece of chunks(source)) pieces.push(typeof piece === "string" ? Buffer.from(piece) : piece)
    } else pieces.push(await readFile(textPath))
    const id = textPath
      .split("/")
      .at(-1)!
      .replace(/\.txt$/, "")
    const text = decode(Buffer.concat(pieces), textPath)
    yield {
      line: 1,
      id,
      text,
      entities: await entitiesOf(annotationPath, path === annotationPath ? source : annotationPath, reading)
    }
  },
  write: async (folder, documents) => {
    refuseGzip(folder, "brat's folder")
    if ((await stat(folder).catch(() => undefined))?.isFile() === true) {
      throw new OutputError({
        path: folder,
        reason: "is a file",
        remedy: "name a folder: brat has two files a document"
      })
    }
    await mkdir(dirname(folder), { recursive: true })
    const used = new Set<string>()
    let count = 0
    for await (const document of documents) {
      const { text, ann } = filesOf(document)
      // Two ids may come to one file name.
      let name = fileName(document.id ?? `${count}`)
      while (used.has(name.toLowerCase())) name += "_"
      used.add(name.toLowerCase())
      await writeAtomic(join(folder, `${name}.txt`), [text])
      await writeAtomic(join(folder, `${name}.ann`), [ann])
      count++
    }
    return count
  }
}

const annotationsOf = (textPath: string): string => textPath.replace(/\.txt$/, ".ann")

const standoff = /^(?:[TREAMN]\d+|\*|#\d*)\t/

const decode = (bytes: Uint8Array, source: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new InputError({ source, reason: "is not UTF-8", remedy: "convert the file: iconv -t UTF-8 -f its encoding" })
  }
}

const entitiesOf = async (
  path: string,
  source: Parameters<typeof lines>[0],
  reading: Reading
): Promise<Array<RawSpan>> => {
  const entities: Array<RawSpan> = []
  for await (const { text: line, number } of lines(source, { onMalformed: reading.malformed })) {
    if (!line.startsWith("T")) continue
    const [, middle = "", ...covered] = line.split("\t")
    const places = middle.match(/^(.+?) (\d+ \d+(?:;\d+ \d+)*)$/)
    if (places === null) {
      reading.malformed(
        new InputError({
          source: path,
          line: number,
          reason: "no type, start and end",
          remedy: "T1<tab>Type 0 4<tab>text"
        })
      )
      continue
    }
    const pieces = places[2]!.split(";")
    if (pieces.length > 1) {
      reading.noted("entities in several pieces left out")
      continue
    }
    const [start, end] = pieces[0]!.split(" ").map(Number)
    entities.push({
      start: start!,
      end: end!,
      type: unescaped(places[1]!),
      text: covered.length === 0 ? undefined : covered.join("\t")
    })
  }
  return entities
}

const filesOf = (document: Document): { readonly text: string; readonly ann: string } => {
  const { entities, text } = asText(document, "codepoints")
  const points = Array.from(text)
  const ann = entities.map(({ start, end, type }, n) => {
    // brat shows a line break as a space.
    const covered = points
      .slice(start, end)
      .join("")
      .replace(/[\n\r\t]/g, " ")
    return `T${n + 1}\t${escaped(type)} ${start} ${end}\t${covered}\n`
  })
  return { text, ann: ann.join("") }
}

/** brat's types have no white space: as in a URL, `Person Role` is `Person%20Role`. */
const escaped = (type: string): string => type.replace(/[%\s]/gu, encodeURIComponent)
const unescaped = (type: string): string => type.replace(/(?:%[0-9A-F]{2})+/g, (code) => decoded(code) ?? code)
const decoded = (code: string): string | undefined => {
  try {
    return decodeURIComponent(code)
  } catch {
    return undefined
  }
}

const fileName = (id: string): string => id.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "_").replace(/^\.+/, "_") || "_"
