import model from "wink-eng-lite-web-model"
import winkNLP, { type WinkMethods } from "wink-nlp"
import type { Span } from "../schema/Span.ts"

let loaded: WinkMethods | undefined
/** The model costs some 50 ms to load: only those who split sentences pay. */
const wink = (): WinkMethods => {
  loaded ??= winkNLP(model, ["sbd"])
  return loaded
}

/**
 * The sentences of a running English text, as UTF-16 spans without the white space around them, in order (wink-nlp's boundary
 * detection). Every character that is not white space lies in exactly one. A line break is no boundary by itself: split
 * paragraphs first.
 */
export const sentenceSpans = (text: string): Array<Span> => {
  const nlp = wink()
  const document = nlp.readDoc(text)
  const tokens = document.tokens().out(nlp.its.value)
  const lasts = new Set(
    (document.sentences().out(nlp.its.span) as unknown as Array<[number, number]>).map(([, last]) => last)
  )
  const spans: Array<Span> = []
  let start = 0
  let at = 0
  tokens.forEach((token, n) => {
    // wink's own record of the white space between tokens leaves out U+FEFF, so tokens are looked up.
    const found = text.indexOf(token, at)
    if (found >= 0) at = found + token.length
    if (!lasts.has(n) && n < tokens.length - 1) return
    const span = trim(text, { start, end: n === tokens.length - 1 ? text.length : at })
    if (span.start < span.end) spans.push(span)
    start = at
  })
  return spans
}

const trim = (text: string, { start, end }: Span): Span => {
  while (start < end && /\s/.test(text[start]!)) start++
  while (end > start && /\s/.test(text[end - 1]!)) end--
  return { start, end }
}
