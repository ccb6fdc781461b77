import type { Format, RawDocument } from "./Format.ts"
import { lineBlocks } from "./lines.ts"

/** Plain text: a paragraph is a document. Read where nothing else recognises the content, but not XML, whose tags nobody means. */
export const text: Format = {
  name: "text",
  reads: ["paragraphs"],
  title: "plain text, a paragraph a line (or between blank lines)",
  unit: "utf16",
  breadth: 2,
  recognise: ({ lines, shape }) => shape === "text" && !isXml(lines),
  async *read(source, { malformed, options }) {
    const wrapped = options.paragraphs === "blank-line"
    let held: { line: number; at: number | undefined; text: string } | undefined
    // Where the next line begins in the file; not known behind a line that is not UTF-8.
    let at: number | undefined = 0
    for await (const { number, texts } of lineBlocks(source, { onMalformed: malformed, keepReturns: true })) {
      for (let i = 0; i < texts.length; i++) {
        const text = texts[i]
        const blank = text === undefined || !/\S/.test(text)
        if (held !== undefined && (blank || !wrapped)) {
          yield paragraph(held)
          held = undefined
        }
        // A line end becomes a space, so that offsets stay those of the file.
        if (held !== undefined) held.text += ` ${text!.replace("\r", " ")}`
        else if (!blank) held = { line: number + i, at, text: text.replace("\r", " ") }
        at = text === undefined || at === undefined ? undefined : at + text.length + 1
      }
    }
    if (held !== undefined) yield paragraph(held)
  }
}

const paragraph = ({ at, line, text }: { line: number; at: number | undefined; text: string }): RawDocument => ({
  line,
  at,
  text: text.trimEnd()
})

/** Whether a text says of itself that it is XML. */
export const isXml = (lines: ReadonlyArray<string>): boolean => /^\s*<\?xml\s/.test(lines[0] ?? "")
