import { expect, test } from "bun:test"
import { align, foldText } from "@nuner/aligner"
import { graphemeBoundaries, rng, wordBoundaries } from "@nuner/core"

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })
const pieces = [
  "a",
  "B",
  "7",
  "_",
  " ",
  "  ",
  ".",
  "'",
  "’",
  "-",
  "—",
  "\n",
  "\r\n",
  "\r",
  "\u00a0",
  "\u00ad",
  "\u200b",
  "\u200d",
  "\u200e",
  "é",
  "e\u0301",
  "\u0301",
  "İ",
  "ß",
  "ﬁ",
  "Σ",
  "ς",
  "😀",
  "👩‍👧",
  "🏽",
  "🇫",
  "🇷",
  "❤️",
  "각",
  "\u1100",
  "\u1161",
  "か",
  "ﾞ",
  "中",
  "ก",
  "ำ",
  "न्",
  "ी",
  "\u0600",
  "ש",
  "ּ",
  "\ud83d",
  "\ude00",
  "1️⃣"
]
const random = rng("aligner")
const randomText = (most: number) =>
  Array.from({ length: random.int(most + 1) }, () => pieces[random.int(pieces.length)]!).join("")

test("character boundaries are those of Unicode's segmentation", () => {
  for (let round = 0; round < 3000; round++) {
    const text = randomText(8)
    const edges = new Set([text.length, ...Array.from(segmenter.segment(text), ({ index }) => index)])
    const isGraphemeBoundary = graphemeBoundaries(text)
    const isWordBoundary = wordBoundaries(text)
    for (let at = 0; at <= text.length; at++) {
      expect([text, at, isGraphemeBoundary(at)]).toEqual([text, at, edges.has(at) || at === 0])
      if (isWordBoundary(at)) expect(edges.has(at) || at === 0).toBe(true)
    }
  }
})

test("every pair of characters that are called plain is separated by Unicode's segmentation", () => {
  for (let code = 0x80; code < 0x1_0000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue
    const text = `a${String.fromCharCode(code)}’${String.fromCharCode(code)}${String.fromCharCode(code)}b`
    const edges = new Set(Array.from(segmenter.segment(text), ({ index }) => index))
    const isGraphemeBoundary = graphemeBoundaries(text)
    for (let at = 1; at < text.length; at++) {
      if (isGraphemeBoundary(at) !== edges.has(at)) throw new Error(`U+${code.toString(16)} at ${at}`)
    }
  }
})

test("folding the fold of a character changes nothing", () => {
  const changed: Array<string> = []
  for (let code = 0; code < 0x2_0000; code++) {
    const { folded } = foldText(String.fromCodePoint(code))
    if (foldText(folded).folded !== folded) changed.push(code.toString(16))
  }
  expect(changed).toEqual([])
})

test("the way back from folded text: what a folded stretch stands for folds to it", () => {
  for (let round = 0; round < 3000; round++) {
    const text = randomText(10)
    const { folded, startOf, endOf } = foldText(text)
    let last = 0
    for (let from = 0; from < folded.length; from++) {
      const start = startOf(from)
      if (start < 0) continue
      expect(start).toBeGreaterThanOrEqual(last)
      last = start
      for (let to = from + 1; to <= folded.length; to++) {
        if (endOf(to) < 0) continue
        expect(foldText(text.slice(start, endOf(to))).folded).toBe(folded.slice(from, to))
      }
    }
  }
})

test("a mention is found exactly where some bounded stretch of the text folds like the entity", () => {
  for (let round = 0; round < 2000; round++) {
    const text = randomText(7)
    const entity = randomText(2).trim()
    const wanted = foldText(entity).folded.trim()
    if (wanted === "") continue
    const { mentions } = align({ id: "1", text, annotations: [{ entity, concept: "c" }] })
    const isWordBoundary = wordBoundaries(text)
    let first: number | undefined
    for (let start = 0; start < text.length && first === undefined; start++) {
      for (let end = start + 1; end <= text.length; end++) {
        const slice = text.slice(start, end)
        if (!isWordBoundary(start) || !isWordBoundary(end) || foldText(slice).folded !== wanted) continue
        first = start
      }
    }
    for (const { start, end } of mentions) {
      expect(isWordBoundary(start) && isWordBoundary(end)).toBe(true)
      expect(foldText(text.slice(start, end)).folded.trim()).toBe(wanted)
    }
    expect([text, entity, mentions.length > 0]).toEqual([text, entity, first !== undefined])
  }
})

test("long text of marks and emoji takes time in proportion to its length", () => {
  const text = "e\u0301👩‍👧".repeat(4000)
  const { mentions } = align({ id: "1", text: `${text} END`, annotations: [{ entity: "end", concept: "c" }] })
  expect(mentions).toEqual([{ start: text.length + 1, end: text.length + 4, concept: "c", match: "normalised" }])
})
