import { InputError } from "../errors.ts"
import { trim } from "../words/sentences.ts"
import type { Format, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"
import { isXml } from "./text.ts"

/**
 * Text with entities in tags, a document a line (or between blank lines): `<person>Ada</person> wrote to <ENAMEX TYPE="PERSON">Babbage</ENAMEX>.`, as MUC and many a script write it.
 * The type is the attribute of that name, or else the tag. Tags of a document, paragraph or sentence are left out, and so are those that stand alone
 * on their line; a `<` that begins no tag is text, and what XML writes as a reference (`&amp;`) is what it stands for.
 */
export const tagged: Format = {
  name: "tagged",
  title: "text with entities in tags, <person>Ada</person> wrote",
  reads: ["paragraphs"],
  unit: "utf16",
  breadth: 1,
  recognise: ({ lines, shape }) => {
    // Other XML has tags on most of its lines, too.
    if (shape !== "text" || isXml(lines)) return false
    const texts = lines.filter((line) => /\S/.test(line) && !lone.test(line))
    const tagged = texts.filter((line) => line.matchAll(pair).some(([, name]) => !isMarkup(name!))).length
    return tagged > 0 && tagged * 4 >= texts.length
  },
  async *read(source, { malformed, noted, options, source: name }) {
    const { decodeXML } = await import("entities")
    const wrapped = options.paragraphs === "blank-line"
    const document = ({ line, written }: { readonly line: number; readonly written: string }) => {
      try {
        return [{ line, ...untag(written, decodeXML) }]
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        const place = wrapped
          ? "in one paragraph"
          : "on one line, or set paragraphs to blank-line where lines are wrapped"
        const remedy = `write <type>text</type> ${place}, and &lt; for a < that is text`
        malformed(new InputError({ source: name, line, reason: error.message, remedy }))
        return []
      }
    }
    let held: { line: number; written: string } | undefined
    for await (const { number: line, text: written } of lines(source, { onMalformed: malformed })) {
      const isLone = lone.test(written)
      if (isLone) noted("lines of a tag alone")
      const ends = isLone || !/\S/.test(written)
      if (held !== undefined && (ends || !wrapped)) {
        yield* document(held)
        held = undefined
      }
      if (!ends) held = held === undefined ? { line, written } : { ...held, written: `${held.written} ${written}` }
    }
    if (held !== undefined) yield* document(held)
  }
}

const attributes = `(?:\\s+[\\w.:-]+\\s*=\\s*(?:"[^"<>]*"|'[^'<>]*'))*\\s*`
const tag = new RegExp(`<(/?)([A-Za-z_][\\w.:-]*)(${attributes})(/?)>`, "g")
/** An entity without tags inside. */
const pair = new RegExp(`<([A-Za-z_][\\w.:-]*)${attributes}>[^<]+</\\1\\s*>`, "g")
const lone = new RegExp(`^\\s*</?[A-Za-z_][\\w.:-]*${attributes}/?>\\s*$`)

/** What divides a text. */
const structure = new Set("body corpus doc docs document p par para paragraph root s sent sentence".split(" "))
/** What sets a text, in HTML. */
const setting = new Set(
  "a abbr b big blockquote br caption center cite code dd div dl dt em font h1 h2 h3 h4 h5 h6 head html i img li mark ol pre q script small span strike strong style sub sup table tbody td tfoot th thead title tr tt u ul".split(
    " "
  )
)
const isMarkup = (name: string): boolean => structure.has(name.toLowerCase()) || setting.has(name.toLowerCase())

/** A text without its tags, `plain` without its references, and the spans that they were. @throws SyntaxError where tags do not close what they open */
const untag = (written: string, plain: (written: string) => string): { text: string; entities: Array<RawSpan> } => {
  const entities: Array<RawSpan> = []
  const open: Array<{ name: string; type: string; start: number }> = []
  let text = ""
  let from = 0
  for (const { 0: whole, 1: slash, 2: name, 3: given, 4: empty, index } of written.matchAll(tag)) {
    text += plain(written.slice(from, index))
    from = index + whole.length
    if (structure.has(name!.toLowerCase()) || empty === "/") continue
    if (slash === "") {
      const type = /\stype\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(given!)
      open.push({ name: name!, type: plain(type?.[1] ?? type?.[2] ?? name!), start: text.length })
      continue
    }
    const last = open.pop()
    if (last?.name !== name) {
      throw new SyntaxError(`${whole} closes ${last === undefined ? "nothing" : `<${last.name}>`}`)
    }
    // Space inside of a tag's edges is none of the entity.
    const span = trim(text, { start: last!.start, end: text.length })
    if (span.start === span.end) throw new SyntaxError(`<${name}> has no text`)
    entities.push({ ...span, type: last!.type })
  }
  if (open.length > 0) throw new SyntaxError(`<${open.at(-1)!.name}> is not closed`)
  return { text: text + plain(written.slice(from)), entities }
}
