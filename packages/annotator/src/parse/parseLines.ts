import type { Annotation } from "@nuner/core"
import type { Parsed, RejectedLine, Salvage } from "./Parsed.ts"

/**
 * Reads an answer of lines `entity <> concept <> description` (NuNER, Figure 2).
 *
 * Tolerates numbering, bullets, quotes or emphasis around fields, a missing description, code fences and table pipes; a
 * number belongs to the entity unless every line is numbered. Never throws, and loses nothing:
 * annotations + rejected + ignored = lines of the answer.
 */
export const parseLines = (answer: string): Parsed => {
  const lines = answer.split(/\r\n|[\n\r\u2028\u2029]/)
  const numbered = isNumbered(lines)
  const annotations: Array<Annotation> = []
  const rejected: Array<RejectedLine> = []
  const salvaged = new Set<Salvage>()
  let ignored = 0
  for (const line of lines) {
    if (FENCE.test(line)) salvaged.add("code fence")
    const read = isBlankOrFence(line) ? null : readLine(line, numbered)
    if (read === null) ignored++
    else if ("reason" in read) rejected.push(read)
    else {
      annotations.push(read)
      if (EMPHASIS.test(line)) salvaged.add("emphasis")
    }
  }
  return { annotations, rejected, ignored, ...(salvaged.size === 0 ? {} : { salvaged: [...salvaged] }) }
}

const isBlankOrFence = (line: string): boolean => /^\s*(?:(?:```|~~~)[\w-]*\s*)?$/.test(line)

const FENCE = /^\s*(?:```|~~~)/
/** Markdown's marks around a field, or around the whole line. */
const EMPHASIS =
  /(?:^|<>|[-*+•]\s)\s*(\*{1,3}|_{1,2})\S[^<>]*\S?\1\s*(?:<>|$)|^\s*(?:[-*+•]\s+)?(\*\*|__)[^*_].*<>.*\2\s*$/

const BULLET = /^\s*(?:[-*+•‣◦▪●–—]\s+)?/u
const NUMBER = /^\s*(?:[([]?\d{1,3}[.):\]]\s+)/

/** "1. Paris <> city": a list number if all entity lines have one and they count up, else "1. FC Köln" is a name. */
const isNumbered = (lines: ReadonlyArray<string>): boolean => {
  const entities = lines.map((line) => line.replace(BULLET, "")).filter((line) => line.includes("<>"))
  return (
    entities.length > 0 &&
    entities.every((line, i) => Number.parseInt(/\d+/.exec(NUMBER.exec(line)?.[0] ?? "")?.[0] ?? "", 10) === i + 1)
  )
}

const readLine = (line: string, numbered: boolean): Annotation | RejectedLine => {
  const reject = (reason: RejectedLine["reason"]): RejectedLine => ({ line, reason })
  let body = line.replace(BULLET, "")
  if (numbered) body = body.replace(NUMBER, "")
  body = unwrapped(body)
  const fields = body
    .replace(/^\s*\|/, "")
    .replace(/\|\s*$/, "")
    .split(/\s*<\s*>\s*/)
    .map(clean)
  if (fields.length === 1) return reject("no separator")
  if (fields.length > 3 && fields.slice(3).some((field) => field !== "")) return reject("too many fields")
  const [entity = "", concept = "", description = ""] = fields
  if (isHeader(entity, concept)) return reject("format header")
  if (entity === "") return reject("empty entity")
  if (concept === "") return reject("empty concept")
  return description === "" ? { entity, concept } : { entity, concept, description }
}

/** A line that stands between marks as a whole: `**Paris <> city**`. */
const unwrapped = (line: string): string => {
  const [, mark, inner] = /^\s*(\*{1,3}|_{1,3})([^*_].*[^*_]|[^*_])\1\s*$/.exec(line) ?? []
  return mark === undefined || inner === undefined || inner.includes(mark) ? line : inner
}

/** The output format repeated, or a table's head: "Entity <> Concept <> Description". */
const isHeader = (entity: string, concept: string): boolean =>
  /^(?:entity|entities|entity from the text|entity name)$/i.test(entity) &&
  /^(?:concept|entity concept|entity type|type)$/i.test(concept)

const PAIRS: ReadonlyArray<readonly [string, string]> = [
  ['"', '"'],
  ["'", "'"],
  ["“", "”"],
  ["‘", "’"],
  ["«", "»"],
  ["`", "`"],
  ["***", "***"],
  ["**", "**"],
  ["__", "__"],
  ["*", "*"],
  ["_", "_"],
  ["[", "]"]
]

/** Trims white space and one layer of each pair of quotes, emphasis or brackets that encloses the whole field. */
const clean = (field: string): string => {
  let text = field.trim()
  for (const [open, close] of PAIRS) {
    const encloses = text.length >= open.length + close.length && text.startsWith(open) && text.endsWith(close)
    const inner = text.slice(open.length, text.length - close.length)
    if (encloses && !inner.includes(open) && !inner.includes(close)) text = inner.trim()
  }
  return strayQuote(text)
}

/** A double quote at one end only, with no partner inside, is a slip of the model. */
const strayQuote = (text: string): string => {
  const quotes = text.match(/["“”]/g)?.length ?? 0
  return quotes === 1 ? text.replace(/^["“”]\s*|\s*["“”]$/, "") : text
}
