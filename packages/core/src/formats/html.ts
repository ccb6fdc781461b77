import type { Format } from "./Format.ts"
import { Prose } from "./Prose.ts"
import { wholeText } from "./wholeText.ts"

/** What ends a paragraph of running text. */
const blocks = new Set(
  "address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol optgroup option p pre section select summary table tbody td tfoot th thead title tr ul".split(
    " "
  )
)
/** What is no text to read. */
const silent = new Set(["script", "style", "template", "noscript", "iframe", "object", "svg", "math"])

/** A page: a paragraph, heading, list item or cell of a table is a document. Tags are left out and characters written as references are read; `places` says where all stands in the file. */
export const html: Format = {
  name: "html",
  title: "HTML pages, a paragraph a document",
  unit: "utf16",
  breadth: 1,
  recognise: ({ lines, shape }) =>
    shape === "text" &&
    /^\s*(<\?xml[^>]*\?>\s*)?(<!doctype html|<html[\s>]|<head[\s>]|<body[\s>])/i.test(lines.slice(0, 20).join("\n")),
  async *read(source) {
    const { Parser } = await import("htmlparser2")
    const text = await wholeText(source)
    const prose = new Prose(text)
    let depth = 0
    const parser = new Parser({
      onopentagname: (name) => {
        if (silent.has(name)) depth++
        if (blocks.has(name)) prose.endParagraph()
      },
      onclosetag: (name) => {
        if (silent.has(name)) depth--
        if (blocks.has(name)) prose.endParagraph()
      },
      ontext: (data) => {
        if (depth > 0) return
        const { endIndex, startIndex } = parser
        const whole = { start: startIndex, end: endIndex + 1 }
        // A character reference is longer than what it stands for.
        const isPlain = data.length === whole.end - whole.start
        prose.add(data, (i) => (isPlain ? { start: startIndex + i, end: startIndex + i + 1 } : whole))
      }
    })
    parser.end(text)
    prose.endParagraph()
    yield* prose.paragraphs
  }
}
