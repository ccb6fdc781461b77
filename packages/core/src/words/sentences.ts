import { createRequire } from "node:module"
import type winkNLP from "wink-nlp"
import type { WinkMethods } from "wink-nlp"
import type { Span } from "../schema/Span.ts"

let loaded: WinkMethods | undefined
/** Library and model cost some 150 ms to load: only those who split sentences pay. */
const wink = (): WinkMethods => {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url)
    loaded = (require("wink-nlp") as typeof winkNLP)(require("wink-eng-lite-web-model"), ["sbd"])
  }
  return loaded
}

/**
 * The sentences of a running text, as UTF-16 spans without the white space around them, in order. Every character that is not white space
 * lies in exactly one. Text in Latin letters is split by wink-nlp (English, and the abbreviations that other languages share with it),
 * every other by Unicode's rules (`Intl.Segmenter`). Thai writes no ends of sentences. A line break is no boundary by itself: split
 * paragraphs first.
 */
export const sentenceSpans = (text: string): Array<Span> => {
  const spans: Array<Span> = []
  let start = 0
  for (const end of isLatin(text) ? englishEnds(text) : unicodeEnds(text)) {
    const span = trim(text, { start, end })
    if (span.start < span.end) spans.push(span)
    start = end
  }
  return spans
}

/** Whether at least half of the letters are Latin. */
const isLatin = (text: string): boolean => {
  if (!otherLetter.test(text)) return true
  return (text.match(/\p{sc=Latin}/gu)?.length ?? 0) >= (text.match(/[\p{L}--\p{sc=Latin}]/gv)?.length ?? 0)
}
const otherLetter = /[\p{L}--\p{sc=Latin}]/v

/** Where sentences end; the last is the end of the text. */
function* englishEnds(text: string): Generator<number> {
  const nlp = wink()
  const document = nlp.readDoc(text)
  const tokens = document.tokens().out(nlp.its.value)
  const lasts = new Set(
    (document.sentences().out(nlp.its.span) as unknown as Array<[number, number]>).map(([, last]) => last)
  )
  let at = 0
  for (const [n, token] of tokens.entries()) {
    // wink's own record of the white space between tokens leaves out U+FEFF, so tokens are looked up.
    const found = text.indexOf(token, at)
    if (found >= 0) at = found + token.length
    if (n === tokens.length - 1) yield text.length
    else if (lasts.has(n)) yield at
  }
}

/** As `englishEnds`. An initial ends no sentence, and an opening quotation mark or bracket belongs to the sentence that it opens. */
function* unicodeEnds(text: string): Generator<number> {
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length
    if (end === text.length) yield end
    else if (!initial.test(segment)) yield end - opening.exec(segment)![0].length
  }
}
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" })
const initial = /(?:^|\P{L})\p{Lu}\.\s*$/u
const opening = /[\p{Ps}\p{Pi}]*$/u

const trim = (text: string, { start, end }: Span): Span => {
  while (start < end && /\s/.test(text[start]!)) start++
  while (end > start && /\s/.test(text[end - 1]!)) end--
  return { start, end }
}
