import { expect, test } from "bun:test"
import { fromSpans, offsetMap, rng, sentenceKey, sentenceSpans, toSpans, words } from "../src/index.ts"

const split = (text: string) => words(text).map(({ word }) => word)

test("words are as fine as the tokens of NER datasets", () => {
  expect(split("McCallum’s high-rise can't cost $1,000.50 in the U.S., 'tis said.")).toEqual([
    "McCallum",
    "’s",
    "high",
    "-",
    "rise",
    "ca",
    "n't",
    "cost",
    "$",
    "1,000.50",
    "in",
    "the",
    "U.S.",
    ",",
    "'",
    "tis",
    "said",
    "."
  ])
  expect(split("IL-2 3rd 2.5kg snake_case @user #tag 10%… cannot can not N'T")).toEqual([
    "IL",
    "-",
    "2",
    "3rd",
    "2.5",
    "kg",
    "snake_case",
    "@",
    "user",
    "#",
    "tag",
    "10",
    "%",
    "…",
    "cannot",
    "can",
    "not",
    "N'T"
  ])
})

test("a character that people see as one is never cut", () => {
  expect(split("cafe\u0301 a\u0308b İstanbul ﬁne 👩‍👩‍👧 👍🏽 🇫🇷🇩🇪 ❤️! שָׁלוֹם")).toEqual([
    "cafe\u0301",
    "a\u0308b",
    "İstanbul",
    "ﬁne",
    "👩‍👩‍👧",
    "👍🏽",
    "🇫🇷",
    "🇩🇪",
    "❤️",
    "!",
    "שָׁלוֹם"
  ])
  expect(split("")).toEqual([])
  expect(split(" \n\t\u00a0 ")).toEqual([])
})

const alphabet = [
  "a",
  "\ufeff",
  "\u2003",
  "B",
  "1",
  ".",
  ",",
  "'",
  "’",
  "n't",
  " ",
  "  ",
  "\u00a0",
  "-",
  "\u0301",
  "😀",
  "👍🏽",
  "🇫🇷",
  "\u200d",
  "漢",
  "שׁ",
  "\ud83d",
  "\n",
  "Mr. ",
  "? "
]
const randomText = (seed: number) => {
  const random = rng(seed)
  return Array.from({ length: random.int(30) }, () => alphabet[random.int(alphabet.length)]!).join("")
}

test("words and sentences hold every character but white space, once and in order", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const text = randomText(seed)
    for (const spans of [words(text), sentenceSpans(text)]) {
      let at = 0
      for (const { start, end } of spans) {
        expect(text.slice(at, start)).toMatch(/^\s*$/)
        expect(end).toBeGreaterThan(start)
        at = end
      }
      expect(text.slice(at)).toMatch(/^\s*$/)
    }
    for (const { word, start, end } of words(text)) expect(text.slice(start, end)).toBe(word)
  }
})

test("offsets of other languages", () => {
  const text = "aé😀漢!"
  const points = offsetMap(text, "codepoints")
  const bytes = offsetMap(text, "bytes")
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(points.fromUtf16)).toEqual([0, 1, 2, undefined, 3, 4, 5, undefined])
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(bytes.fromUtf16)).toEqual([0, 1, 3, undefined, 7, 10, 11, undefined])
  expect([0, 1, 2, 3, 4, 5, 6].map(points.toUtf16)).toEqual([0, 1, 2, 4, 5, 6, undefined])
  expect(bytes.toUtf16(5)).toBeUndefined()
  expect(points.spanToUtf16({ start: 2, end: 3 })).toEqual({ start: 2, end: 4 })
  expect(points.spanToUtf16({ start: -1, end: 3 })).toBeUndefined()
  expect([points.length, bytes.length, offsetMap(text, "utf16").length]).toEqual([5, 11, 6])
})

test("offset maps agree with Array.from and TextEncoder on random texts, both ways", () => {
  for (let seed = 0; seed < 500; seed++) {
    const text = randomText(seed)
    const points = offsetMap(text, "codepoints")
    const bytes = offsetMap(text, "bytes")
    let utf16 = 0
    Array.from(text).forEach((character, n) => {
      expect(points.fromUtf16(utf16)).toBe(n)
      expect(points.toUtf16(n)).toBe(utf16)
      const before = new TextEncoder().encode(text.slice(0, utf16)).length
      expect(bytes.fromUtf16(utf16)).toBe(before)
      expect(bytes.toUtf16(before)).toBe(utf16)
      utf16 += character.length
    })
  }
})

test("spans of a text become entities over words, and back", () => {
  const text = "In  Paris😀, IL-2 rose."
  const spans = [
    { start: 13, end: 17, type: "gene" },
    { start: 4, end: 9, type: "city" }
  ]
  const { sentence, cut } = fromSpans(text, spans, { id: "s" })
  expect(sentence.words).toEqual(["In", "Paris", "😀", ",", "IL", "-", "2", "rose", "."])
  expect(sentence.entities).toEqual([
    { start: 1, end: 2, type: "city" },
    { start: 4, end: 7, type: "gene" }
  ])
  expect(cut).toEqual([])
  expect(toSpans(sentence)).toEqual({ text, entities: [spans[1]!, spans[0]!] })
  expect(toSpans({ words: ["in", "New", "York"], entities: [{ start: 1, end: 3, type: "city" }] })).toEqual({
    text: "in New York",
    entities: [{ start: 3, end: 11, type: "city" }]
  })
})

test("a span that cuts a word is refused, grown or left out; white space at its edges is ignored", () => {
  const span = { start: 3, end: 5, type: "x" }
  expect(() => fromSpans("on USB drives", [span], { source: "f", line: 3 })).toThrow(
    'f:3: entities[0]: "US" cuts the word "USB" (set onCut to "expand" or "drop")'
  )
  const grown = fromSpans("on USB drives", [span], { onCut: "expand" })
  expect(grown.sentence.entities).toEqual([{ start: 1, end: 2, type: "x" }])
  expect(grown.cut).toEqual([span])
  const dropped = fromSpans("on USB drives", [span], { onCut: "drop" })
  expect(dropped.sentence.entities).toEqual([])
  expect(dropped.cut).toEqual([span])
  expect(fromSpans("on USB drives", [{ start: 2, end: 7, type: "x" }]).sentence.entities).toEqual([
    { start: 1, end: 2, type: "x" }
  ])
  expect(() => fromSpans("a b", [{ start: 1, end: 2, type: "x" }])).toThrow("holds no word")
  expect(() => fromSpans("a b", [{ start: 2, end: 9, type: "x" }])).toThrow("is not in the text of length 3")
})

test("any word-aligned spans survive the round trip", () => {
  for (let seed = 0; seed < 500; seed++) {
    const text = randomText(seed)
    const all = words(text)
    if (all.length === 0) continue
    const random = rng(seed)
    const first = random.int(all.length)
    const last = first + random.int(all.length - first)
    const span = { start: all[first]!.start, end: all[last]!.end, type: "t" }
    expect(toSpans(fromSpans(text, [span]).sentence).entities).toEqual([span])
  }
})

test("a sentence's key is the same however it is spaced and cased", () => {
  expect(sentenceKey(" Mr. Ada  ran.\n")).toBe(sentenceKey("MR . ADA RAN ."))
  expect(sentenceKey("ﬁne")).toBe("fine")
  expect(sentenceKey("a b")).not.toBe(sentenceKey("a c"))
})
