import { describe, expect, test } from "bun:test"
import type { AlignedSentence, AnnotatedSentence } from "@nuner/core"
import { conceptFrequencies, coverageCurve, foldConcept, selectConcepts, topConcepts } from "@nuner/sampler"

const annotated = (id: string, ...concepts: Array<string>): AnnotatedSentence => ({
  id,
  text: "a text",
  annotations: concepts.map((concept) => ({ entity: "text", concept }))
})

test("a concept's identity ignores case, outer and repeated white space, and how its characters are composed", () => {
  const same = ["media content", " Media  Content\n", "MEDIA\u00a0CONTENT", "media\tcontent"]
  expect(new Set(same.map(foldConcept))).toEqual(new Set(["media content"]))
  expect(foldConcept("Cafe\u0301")).toBe(foldConcept("CAFÉ"))
  expect(foldConcept("STRASSE")).toBe(foldConcept("Straße"))
  expect(foldConcept("ﬁlm")).toBe("film")
  expect(foldConcept("media-content")).not.toBe(foldConcept("media content"))
})

test("folding a folded name changes nothing, whatever the character", () => {
  const changed: Array<string> = []
  for (let code = 0; code < 0x2_0000; code++) {
    const folded = foldConcept(`a${String.fromCodePoint(code)}b`)
    if (foldConcept(folded) !== folded) changed.push(code.toString(16))
  }
  expect(changed).toEqual([])
})

describe("frequencies", () => {
  const table = conceptFrequencies([
    annotated("1", "person", "City", "\u{1f600}"),
    annotated("2", "Person ", "date", "\uff5a"),
    annotated("3", "city")
  ])

  test("the most frequent first, ties in code-point order of the folded name", () => {
    expect(table).toEqual({
      total: 7,
      concepts: [
        { concept: "city", count: 2 },
        { concept: "person", count: 2 },
        { concept: "date", count: 1 },
        { concept: "\uff5a", count: 1 }, // U+FF5A before U+1F600, though its UTF-16 unit is the larger one.
        { concept: "\u{1f600}", count: 1 }
      ]
    })
  })

  test("the order of the sentences does not matter", () => {
    const sentences = [annotated("1", "b", "a"), annotated("2", "c", "a"), annotated("3", "d")]
    expect(conceptFrequencies(sentences.toReversed())).toEqual(conceptFrequencies(sentences))
  })

  test("mentions are counted in aligned sentences, annotations without a place are not", () => {
    const aligned: AlignedSentence = {
      id: "1",
      text: "Rome, Rome",
      mentions: [
        { start: 0, end: 4, concept: "city", match: "exact" },
        { start: 6, end: 10, concept: "city", match: "exact" }
      ],
      unaligned: [{ entity: "Milan", concept: "city", reason: "absent" }]
    }
    expect(conceptFrequencies([aligned])).toEqual({ total: 2, concepts: [{ concept: "city", count: 2 }] })
  })

  test("top n, and how much it covers", () => {
    expect(topConcepts(table, 3)).toEqual(["city", "person", "date"])
    expect(topConcepts(table, 99)).toHaveLength(5)
    expect(coverageCurve(table, [0, 1, 3, 99])).toEqual([
      { concepts: 0, count: 0, share: 0 },
      { concepts: 1, count: 2, share: 2 / 7 },
      { concepts: 3, count: 5, share: 5 / 7 },
      { concepts: 99, count: 7, share: 1 }
    ])
    expect(coverageCurve(table).at(-1)).toEqual({ concepts: 5, count: 7, share: 1 })
    expect(coverageCurve(conceptFrequencies([]), [4])).toEqual([{ concepts: 4, count: 0, share: 0 }])
  })
})

describe("selection", () => {
  const sentences = [
    annotated("1", "person", "city"),
    annotated("2", "city", " Concept"),
    annotated("3"),
    annotated("4", "date"),
    annotated("5", "city", "person", "city")
  ]
  const ids = (selection: { sentences: ReadonlyArray<{ id: string }> }) => selection.sentences.map(({ id }) => id)

  test('a sentence with an annotation "concept" is dropped whole, empty ones are dropped, and both are counted', () => {
    const selection = selectConcepts(sentences)
    expect(ids(selection)).toEqual(["1", "4", "5"])
    expect(selection.counts).toEqual({
      sentences: { in: 5, out: 3, dropped: { uninformative: 1, empty: 1, notSampled: 0, rare: 0 } },
      annotations: { in: 8, out: 6, dropped: { uninformative: 2, notSampled: 0, rare: 0 } }
    })
  })

  test("top n keeps the annotations of the n most frequent concepts of what is left", () => {
    const selection = selectConcepts(sentences, { top: 1 })
    expect(selection.sentences).toEqual([annotated("1", "city"), annotated("5", "city", "city")])
    expect(selection.counts).toEqual({
      sentences: { in: 5, out: 2, dropped: { uninformative: 1, empty: 1, notSampled: 0, rare: 1 } },
      annotations: { in: 8, out: 3, dropped: { uninformative: 2, notSampled: 0, rare: 3 } }
    })
  })

  test("the sample is drawn first, and the most frequent concepts are those of the sample", () => {
    const rare = Array.from({ length: 30 }, (_, i) => annotated(`r${i}`, `only ${i}`))
    const common = Array.from({ length: 30 }, (_, i) => annotated(`c${i}`, "city"))
    const two = [0, 1, 2, 3, 4, 5, 6].map((seed) =>
      selectConcepts([...rare, ...common], { sampleSize: 2, top: 1, seed })
    )
    for (const { sentences, counts } of two) {
      // The most frequent concept of all, "city", is not always among the two; then another one is kept.
      expect(sentences.length).toBeGreaterThan(0)
      expect(counts.sentences.dropped).toEqual({
        uninformative: 0,
        empty: 0,
        notSampled: 58,
        rare: 2 - sentences.length
      })
      expect(counts.annotations.in).toBe(counts.annotations.out + 58 + 2 - sentences.length)
    }
    expect(new Set(two.flatMap((selection) => ids(selection))).size).toBeGreaterThan(3)
    const larger = new Set(ids(selectConcepts(rare, { sampleSize: 20, seed: 5 })))
    expect(ids(selectConcepts(rare, { sampleSize: 12, seed: 5 })).every((id) => larger.has(id))).toBe(true)
    expect(() => selectConcepts(rare, { sampleSize: 31 })).toThrow("there are 30")
  })

  test("sentences without a kept concept may stay as negatives", () => {
    const { sentences: kept, counts } = selectConcepts(sentences, { top: 1, empty: "keep" })
    expect(kept).toEqual([annotated("1", "city"), annotated("3"), annotated("4"), annotated("5", "city", "city")])
    expect(counts.sentences).toEqual({ in: 5, out: 4, dropped: { uninformative: 1, empty: 0, notSampled: 0, rare: 0 } })
    expect(counts.annotations).toEqual({ in: 8, out: 3, dropped: { uninformative: 2, notSampled: 0, rare: 3 } })
  })

  test("options: other uninformative names, keeping empty sentences, and refusals by name", () => {
    expect(ids(selectConcepts(sentences, { uninformative: ["CITY"], empty: "keep" }))).toEqual(["3", "4"])
    expect(ids(selectConcepts(sentences, { uninformative: [] }))).toEqual(["1", "2", "4", "5"])
    expect(() => selectConcepts(sentences, { top: 0 })).toThrow('selectConcepts: option "top"')
    expect(() => selectConcepts(sentences, { topp: 1 } as object)).toThrow('did you mean "top"?')
  })

  test('an aligned sentence is dropped for a "concept" that found no place, too', () => {
    const aligned: AlignedSentence = {
      id: "1",
      text: "Rome",
      mentions: [{ start: 0, end: 4, concept: "city", match: "exact" }],
      unaligned: [{ entity: "Milan", concept: "concept", reason: "absent" }]
    }
    expect(selectConcepts([aligned]).counts.sentences.dropped).toMatchObject({ uninformative: 1, empty: 0 })
    expect(selectConcepts([{ ...aligned, unaligned: [] }]).sentences).toHaveLength(1)
  })
})
