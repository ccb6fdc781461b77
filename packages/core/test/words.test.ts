import { expect, test } from "bun:test"
import {
  canonical,
  fromSpans,
  offsetMap,
  resolveOverlap,
  rng,
  sentenceKey,
  sentenceSpans,
  toSpans,
  wordBoundaries,
  words
} from "../src/index.ts"
import gold from "./words.gold.json" with { type: "json" }

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
  "字典",
  "カナ",
  "กรุงเทพ",
  "서울에서",
  "שׁ",
  "\u200b",
  "\u00ad",
  "\u2060",
  "2.5kg",
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
    for (const [spans, between] of [
      [words(text), /^[\s\p{Default_Ignorable_Code_Point}\p{M}]*$/u],
      [sentenceSpans(text), /^\s*$/]
    ] as const) {
      let at = 0
      for (const { start, end } of spans) {
        expect(text.slice(at, start)).toMatch(between)
        expect(end).toBeGreaterThan(start)
        at = end
      }
      expect(text.slice(at)).toMatch(between)
    }
    for (const { word, start, end } of words(text)) expect(text.slice(start, end)).toBe(word)
  }
})

test("every edge of a word is a boundary; inside of words, boundaries are where characters of unspaced scripts or signs stand", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const text = randomText(seed)
    const isBoundary = wordBoundaries(text)
    for (const { word, start, end } of words(text)) {
      expect([text, start, end, isBoundary(start), isBoundary(end)]).toEqual([text, start, end, true, true])
      if (/^\p{sc=Latin}+$/u.test(word)) for (let at = start + 1; at < end; at++) expect(isBoundary(at)).toBe(false)
    }
  }
})

test("what has no width is inside of a word or between words, never one; the zero-width space parts words", () => {
  const text = "saw Jo\u200bhn near Os\u00adlo a\u2060b \u2068Rome\u2069, c\ufeffd 1️⃣Paris 🏴󠁧󠁢󠁥󠁮󠁧󠁿"
  expect(split(text)).toEqual([
    "saw",
    "Jo",
    "hn",
    "near",
    "Os\u00adlo",
    "a\u2060b",
    "Rome",
    ",",
    "c\ufeffd",
    "1️⃣",
    "Paris",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿"
  ])
})

test("scripts without spaces and Korean are divided", () => {
  expect(split("小明在北京大学读书")).toEqual(["小明", "在", "北京", "大学", "读书"])
  expect(split("新しいiPhoneです。")).toEqual(["新しい", "iPhone", "です", "。"])
  expect(split("철수는 서울에서 삼성전자를 다닌다")).toEqual(["철수", "는", "서울", "에서", "삼성전자", "를", "다닌다"])
  const span = { start: 0, end: 2, type: "city" }
  const { sentence, cut } = fromSpans("北京市很大", [span])
  expect([sentence.words.slice(0, 2), cut]).toEqual([["北京", "市"], []])
  expect(toSpans(sentence).entities).toEqual([span])
})

/** F1 of the boundaries inside of sentences whose words `|` parts. */
const boundaryF1 = (sentences: ReadonlyArray<string>): number => {
  let [found, right, wanted] = [0, 0, 0]
  for (const sentence of sentences) {
    const text = sentence.replaceAll("|", "")
    const inner = (edges: Iterable<number>) => new Set([...edges].filter((at) => at > 0 && at < text.length))
    const ours = inner(words(text).flatMap(({ start, end }) => [start, end]))
    let at = 0
    const theirs = inner(sentence.split("|").map((word) => (at += word.length)))
    found += ours.size
    wanted += theirs.size
    right += [...ours].filter((edge) => theirs.has(edge)).length
  }
  return (2 * right) / (found + wanted)
}

test("word boundaries of Chinese, Japanese, Thai, Khmer and Korean against sentences divided by hand", () => {
  const least = { zh: 0.88, ja: 0.94, th: 0.91, km: 0.99, ko: 0.95 }
  for (const [language, f1] of Object.entries(least))
    expect([language, boundaryF1(gold.words[language as keyof typeof least]) >= f1]).toEqual([language, true])
})

test("sentences of twenty languages, divided by hand", () => {
  for (const sentences of Object.values(gold.sentences)) {
    for (const sentence of sentences) {
      const text = sentence.replaceAll("|", "")
      const found = sentenceSpans(text).map(({ start, end }) => text.slice(start, end))
      expect(found).toEqual(sentence.split("|").map((part) => part.trim()))
    }
  }
})

// wink alone reads a word in the square of its length: hours.
test("a word of a million letters, as base64 is, does not hold sentences up", () => {
  const base64 = "QWRhIG1ldCBCZWxh".repeat(60_000)
  const text = `See this. ${base64} And so on. (Data ${base64}.) Next.`
  const found = sentenceSpans(text).map(({ start, end }) => text.slice(start, end).replaceAll(base64, "it"))
  expect(found).toEqual(["See this.", "it And so on.", "(Data it.)", "Next."])
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
    'f:3: entities[0]: "US" cuts the word "USB" (--on-cut expand, shrink or skip)'
  )
  const grown = fromSpans("on USB drives", [span], { onCut: "expand" })
  expect(grown.sentence.entities).toEqual([{ start: 1, end: 2, type: "x" }])
  expect(grown.cut).toEqual([span])
  for (const onCut of ["skip", "shrink"] as const) {
    const left = fromSpans("on USB drives", [span], { onCut })
    expect(left.sentence.entities).toEqual([])
    expect(left.cut).toEqual([span])
  }
  const wide = { start: 3, end: 9, type: "x" }
  expect(fromSpans("on USB drives", [wide], { onCut: "shrink" }).sentence.entities).toEqual([
    { start: 1, end: 2, type: "x" }
  ])
  expect(fromSpans("on USB drives", [wide], { onCut: "skip" }).sentence.entities).toEqual([])
  expect(fromSpans("on USB drives", [{ start: 2, end: 7, type: "x" }]).sentence.entities).toEqual([
    { start: 1, end: 2, type: "x" }
  ])
  expect(() => fromSpans("a b", [{ start: 1, end: 2, type: "x" }])).toThrow("holds no word")
  expect(() => fromSpans("a b", [{ start: 2, end: 9, type: "x" }])).toThrow("is not in the text of length 3")
})

test("spans that overlap are kept, thinned, or refused; two types on one span are no overlap that fails", () => {
  const text = "I like Florida Pasta House."
  const spans = [
    { start: 7, end: 14, type: "LOC" },
    { start: 7, end: 26, type: "BRAND" }
  ]
  const kept = (overlap: "keep" | "longest" | "drop" | "fail", given = spans) => {
    const { sentence, overlapping } = fromSpans(text, given, { overlap })
    return [sentence.entities.map(({ type }) => type), overlapping]
  }
  expect(kept("keep")).toEqual([["LOC", "BRAND"], 0])
  expect(kept("longest")).toEqual([["BRAND"], 1])
  expect(kept("drop")).toEqual([[], 2])
  expect(() => kept("fail")).toThrow(
    "text: entities: span 2..3 and span 2..5 overlap (say what becomes of such entities: --overlap keep, longest or drop)"
  )
  const twins = [spans[0]!, { ...spans[0]!, type: "STATE" }]
  for (const overlap of ["fail", "longest", "drop"] as const) {
    expect(kept(overlap, twins)).toEqual([["LOC", "STATE"], 0])
    if (overlap === "fail") expect(() => resolveOverlap(twins, overlap, { flat: true })).toThrow("overlap (")
    else expect(resolveOverlap(twins, overlap, { flat: true })).toEqual(overlap === "drop" ? [] : [twins[0]!])
  }
})

test("of spans that overlap, the longest and the lonely, against their definitions", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = rng(seed)
    const spans = Array.from({ length: random.int(7) }, () => {
      const start = random.int(10)
      return { start, end: start + 1 + random.int(4) }
    })
    const meet = (a: (typeof spans)[0], b: (typeof spans)[0]) => a !== b && a.start < b.end && b.start < a.end
    expect(resolveOverlap(spans, "drop", { flat: true })).toEqual(spans.filter((a) => !spans.some((b) => meet(a, b))))
    const longest = resolveOverlap(spans, "longest", { flat: true })
    for (const a of spans) {
      const rival = longest.find((b) => meet(a, b))
      if (longest.includes(a)) expect(rival).toBeUndefined()
      else expect(longest.some((b) => meet(a, b) && b.end - b.start >= a.end - a.start)).toBe(true)
    }
  }
})

test("labels of one span that differ in case and white space only are one, and counted", () => {
  const at = (start: number, type: string) => ({ start, end: start + 2, type })
  const given = [at(9, "CARDINAL"), at(9, "CARDINAL"), at(9, "Cardinal "), at(9, "NUM"), at(4, "CARDINAL")]
  expect(canonical(given)).toEqual({ entities: [given[0]!, given[3]!, given[4]!], merged: 2 })
  expect(canonical([at(0, "x")])).toEqual({ entities: [at(0, "x")], merged: 0 })
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

test("a text of ASCII has the words that it has before a letter of another script", () => {
  const alphabet = [..."aBnN tT'.,019_-#*$sSmMdDlLrReEvV\n\t\u00a0\"()U.S."]
  for (let seed = 0; seed < 3000; seed++) {
    const random = rng(seed)
    const text = Array.from({ length: random.int(14) }, () => alphabet[random.int(alphabet.length)]!).join("")
    expect(words(text)).toEqual(words(`${text} é`).slice(0, -1))
  }
})
