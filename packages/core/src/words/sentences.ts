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
 * lies in exactly one. Text in Latin letters is split by wink-nlp, which knows English, with the abbreviations and dates of its neighbours kept whole,
 * every other by Unicode's rules (`Intl.Segmenter`), a Greek one also behind its question mark. Thai writes no ends of sentences. A line break is no boundary by itself: split
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
function* englishEnds(whole: string): Generator<number> {
  const text = whole.replace(endless, (run) => `x${" ".repeat(run.length - TAIL - 1)}${run.slice(-TAIL)}`)
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
    else if (lasts.has(n) && !goesOn(text, at)) yield at
  }
}

/** Letters at the end of an endless word that stay. */
const TAIL = 20
/** Base64, a genome, a table without spaces: no word, and wink takes the square of its length; blanks stand for it. */
const endless = /(?<!\S)\S{1000,}/g

/** Whether the full stop before a place ends an abbreviation, or a date's number, that English has not. */
const goesOn = (text: string, at: number): boolean => {
  if (text[at - 1] !== ".") return false
  const before = text.slice(Math.max(0, at - NEAR), at)
  const behind = text.slice(at, at + NEAR)
  return (
    abbreviation.test(before) ||
    (street.test(before) && /^\s+\d/.test(behind)) ||
    (ordinal.test(before) && month.test(behind)) ||
    // "Sig.ra": what follows belongs to the word.
    /^\p{Ll}/u.test(behind)
  )
}

const NEAR = 24
/** Of German, Dutch, French, Spanish, Portuguese, Italian and Polish, in front of a name or a number; none is an English word. */
const abbreviation =
  /(?<![\p{L}\p{N}.])(?:Abb|Abs|bzw|ca|Geb|geb|gest|Hr|Nr|Tel|Univ|vgl|zzgl|bijv|blz|Dhr|Mevr|nr|Mgr|Mlle|Mme|Av|Avda|Dña|Dra|núm|pág|Sra|Sres|Srta|Ud|Uds|Exma|Exmo|Dott|Sig|Egr|tzw|ul|św)\.$/u
const street = /\p{L}str\.$/u
const ordinal = /(?<![\p{L}\p{N}.])\d{1,2}\.$/u
const month = /^\s+(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b/u

/** As `englishEnds`. An initial ends no sentence, and an opening quotation mark or bracket belongs to the sentence that it opens. */
function* unicodeEnds(text: string): Generator<number> {
  const greek = /\p{sc=Greek}/u.test(text)
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length
    if (greek) for (const { 0: mark, index: at } of segment.matchAll(greekQuestion)) yield index + at + mark.length
    if (end === text.length) yield end
    else if (!initial.test(segment)) yield end - opening.exec(segment)![0].length
  }
}
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" })
/** What looks like a semicolon; the word before it says that it is none. */
const greekQuestion = /(?<=\p{sc=Greek})[;\u037e]+\s+/gu
const initial = /(?:^|\P{L})\p{Lu}\.\s*$/u
const opening = /[\p{Ps}\p{Pi}]*$/u

/** A span without the white space at its edges; of nothing else, an empty one. */
export const trim = (text: string, { start, end }: Span): Span => {
  while (start < end && /\s/.test(text[start]!)) start++
  while (end > start && /\s/.test(text[end - 1]!)) end--
  return { start, end }
}
