import type { fromMarkdown } from "mdast-util-from-markdown"
import type { Span } from "../schema/Span.ts"
import type { Format } from "./Format.ts"
import { Prose } from "./Prose.ts"
import { wholeText } from "./wholeText.ts"

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>["children"][number]

/** Markdown (CommonMark): a paragraph or heading is a document, without its marks; blocks of code and HTML are left out. `places` says where all stands in the file. */
export const markdown: Format = {
  name: "markdown",
  title: "Markdown, a paragraph a document",
  unit: "utf16",
  breadth: 1,
  // Any text is Markdown: only its name tells.
  recognise: ({ name, shape }) => shape === "text" && /\.(md|markdown)(\.gz)?$/i.test(name),
  async *read(source) {
    const { fromMarkdown } = await import("mdast-util-from-markdown")
    const text = await wholeText(source)
    const prose = new Prose(text)
    const visit = (node: Node): void => {
      if (node.type === "text" || node.type === "inlineCode") {
        const { end, start } = node.position!
        const places = placesOf(node.value, text, start.offset!, end.offset!)
        prose.add(node.value, (i) => places[i]!)
      } else if (node.type === "break") {
        prose.add(" ", () => ({ start: node.position!.start.offset!, end: node.position!.end.offset! }))
      } else if ("children" in node) {
        for (const child of node.children) visit(child)
        if (node.type === "paragraph" || node.type === "heading") prose.endParagraph()
      }
    }
    visit(fromMarkdown(text))
    yield* prose.paragraphs
  }
}

/**
 * Where each unit of a value stands in its source, which has more: backslashes, marks of quotes and lists at the start of a line, characters written as
 * references.
 */
const placesOf = (value: string, source: string, start: number, end: number): Array<Span> => {
  const places: Array<Span> = []
  let at = start
  for (const unit of value) {
    while (at < end && !source.startsWith(unit, at) && source[at] !== "&") at++
    const isReference = !source.startsWith(unit, at) && source[at] === "&"
    const behind = isReference ? source.indexOf(";", at) + 1 : at + unit.length
    for (let i = 0; i < unit.length; i++)
      places.push(isReference ? { start: at, end: behind } : { start: at + i, end: at + i + 1 })
    at = behind
  }
  return places
}
