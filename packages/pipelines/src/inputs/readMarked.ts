import { fromSpans, InputError, type LabelledSentence, lines, type TextSpan } from "@nuner/core"

const MARK = /\[([^[\]|]*)\|([^[\]|]*)\]/g

/**
 * Labelled sentences as text with entities in brackets, one a line: `[Ada Lovelace|person] wrote to [Babbage|person].`, what `nuner predict`
 * prints. Predictions that somebody corrected are training data. Other brackets are text; blank lines are passed over.
 *
 * @throws InputError naming file and line: a mark without text or type, one that cuts a word
 */
export async function* readMarked(path: string): AsyncGenerator<LabelledSentence> {
  for await (const { number: line, text: marked } of lines(path)) {
    if (marked.trim() === "") continue
    const spans: Array<TextSpan> = []
    let text = ""
    let at = 0
    for (const match of marked.matchAll(MARK)) {
      const [whole, entity = "", type = ""] = match
      if (entity.trim() === "" || type.trim() === "") {
        const reason = `"${whole}" has no ${entity.trim() === "" ? "text" : "type"}`
        throw new InputError({ source: path, line, reason, remedy: "write [text|type]" })
      }
      text += marked.slice(at, match.index)
      spans.push({ start: text.length, end: text.length + entity.length, type: type.trim() })
      text += entity
      at = match.index + whole.length
    }
    yield fromSpans(text + marked.slice(at), spans, { source: path, line }).sentence
  }
}
