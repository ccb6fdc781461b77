import { describe, expect, test } from "bun:test"
import { type AlignOptions, align, alignAll, alignCounts, aligner } from "@nuner/aligner"
import { AlignedSentence, type AnnotatedSentence, balance, OptionError } from "@nuner/core"
import { Schema } from "effect"

const annotated = (text: string, ...annotations: ReadonlyArray<readonly [entity: string, concept: string]>) => ({
  id: "s1",
  text,
  annotations: annotations.map(([entity, concept]) => ({ entity, concept }))
})
/** "start-end concept" of each mention, then "entity: reason" of each annotation without one. */
const outcome = (sentence: AnnotatedSentence, options: AlignOptions = {}) => {
  const { mentions, unaligned = [] } = align(sentence, options)
  return [
    ...mentions.map(({ start, end, concept }) => `${start}-${end} ${concept}`),
    ...unaligned.map(({ entity, concept, reason }) => `${entity} (${concept}): ${reason}`)
  ]
}

test("the result is an aligned sentence of the data language, sorted by start, end, concept", () => {
  const sentence = annotated(
    "New York Times",
    ["Times", "t"],
    ["New York", "b"],
    ["New York", "a"],
    ["New York Times", "c"]
  )
  const aligned = align(sentence)
  expect(Schema.decodeUnknownSync(AlignedSentence)(aligned)).toEqual(aligned)
  expect(outcome(sentence)).toEqual(["0-8 a", "0-8 b", "0-14 c", "9-14 t"])
  expect(aligned).not.toHaveProperty("unaligned")
})

test("a mention has the description of its annotation, of several alike the first", () => {
  const annotations = [
    { entity: "Paris", concept: "city", description: "a capital" },
    { entity: "Paris", concept: "city", description: "a place of love" },
    { entity: "Rhine", concept: "river" },
    { entity: "Seine", concept: "river", description: "it crosses Paris" }
  ]
  const { mentions, unaligned } = align({ id: "1", text: "Paris, not the Rhine.", annotations })
  expect(mentions).toEqual([
    { start: 0, end: 5, concept: "city", description: "a capital", match: "exact" },
    { start: 15, end: 20, concept: "river", match: "exact" }
  ])
  expect(unaligned).toEqual([{ ...annotations[3]!, reason: "absent" }])
})

describe("policies", () => {
  const apples = annotated(
    "Apple sued an Apple farm, Apple said",
    ["Apple", "company"],
    ["Apple", "fruit"],
    ["said", "act"]
  )

  test("all", () => {
    expect(outcome(apples)).toEqual([
      "0-5 company",
      "0-5 fruit",
      "14-19 company",
      "14-19 fruit",
      "26-31 company",
      "26-31 fruit",
      "32-36 act"
    ])
  })

  test("first", () => {
    expect(outcome(apples, { policy: "first" })).toEqual(["0-5 company", "0-5 fruit", "32-36 act"])
  })

  test("in-order: the nth annotation of a string takes its nth occurrence", () => {
    expect(outcome(apples, { policy: "in-order" })).toEqual(["0-5 company", "14-19 fruit", "32-36 act"])
  })

  test("in-order past the last occurrence: a new concept shares it, a known one is exhausted", () => {
    const sentence = annotated("Apple and Apple", ["Apple", "a"], ["Apple", "b"], ["Apple", "c"], ["Apple", "a"])
    expect(outcome(sentence, { policy: "in-order" })).toEqual(["0-5 a", "10-15 b", "10-15 c", "Apple (a): exhausted"])
    expect(outcome(annotated("Apple", ["Apple", "a"], ["Apple", "a"]), { policy: "in-order" })).toEqual([
      "0-5 a",
      "Apple (a): exhausted"
    ])
  })
})

describe("overlap", () => {
  const york = annotated(
    "in New York City Hall",
    ["New York City", "city"],
    ["York", "name"],
    ["City Hall", "building"]
  )

  test("keep is the default: a character may be in several mentions", () => {
    expect(outcome(york)).toEqual(["3-16 city", "7-11 name", "12-21 building"])
  })

  test("longest: the others give way, and are accounted for", () => {
    expect(outcome(york, { overlap: "longest" })).toEqual([
      "3-16 city",
      "York (name): overlap",
      "City Hall (building): overlap"
    ])
    const ties = annotated("ab cd ef", ["cd ef", "later"], ["ab cd", "z"], ["ab cd", "a"])
    expect(outcome(ties, { overlap: "longest" })).toEqual(["0-5 z", "cd ef (later): overlap", "ab cd (a): overlap"])
  })

  test("drop: all that overlap another go; touching is not overlapping", () => {
    expect(outcome(york, { overlap: "drop" })).toEqual([
      "New York City (city): overlap",
      "York (name): overlap",
      "City Hall (building): overlap"
    ])
    const touching = annotated("(a)(b)", ["(a)", "x"], ["(b)", "y"])
    expect(outcome(touching, { overlap: "drop" })).toEqual(["0-3 x", "3-6 y"])
    expect(outcome(touching, { overlap: "longest" })).toEqual(["0-3 x", "3-6 y"])
    // The long one reaches over both short ones, which do not touch each other.
    const long = annotated("a b c d", ["a b c", "l"], ["a", "s"], ["c", "s"], ["d", "s"])
    expect(outcome(long, { overlap: "drop" })).toEqual([
      "6-7 s",
      "a b c (l): overlap",
      "a (s): overlap",
      "c (s): overlap"
    ])
  })

  test("an annotation that keeps one of several mentions is aligned", () => {
    const sentence = annotated("York and New York", ["York", "name"], ["New York", "city"])
    expect(outcome(sentence, { overlap: "longest" })).toEqual(["0-4 name", "9-17 city"])
  })
})

describe("the report", () => {
  test("a duplicate of an annotation adds no mention and is counted", () => {
    const { align, report } = aligner()
    const { mentions } = align(annotated("Rome and Rome", ["Rome", "city"], ["Rome", "city"], ["rome", "city"]))
    expect(mentions.map(({ match }) => match)).toEqual(["exact", "exact"])
    expect(report()).toMatchObject({
      annotations: 3,
      exact: 2,
      normalised: 1,
      occurrences: 6,
      mentions: 2,
      repeated: 4
    })
  })

  test("worked by hand", () => {
    const { align, report } = aligner({ policy: "in-order", overlap: "longest" })
    expect(report()).toMatchObject({ sentences: 0, annotations: 0, loss: 0 })
    align(annotated("New York’s USB, USB", ["New York's", "city"], ["York", "x"], ["US", "country"], ["USB", "port"]))
    const before = report()
    align(annotated("no one", [" ", "x"], ["someone", "x"], ["one", "n"], ["one", "n"]))
    expect(before.annotations).toBe(4) // A report is a snapshot.
    expect(report()).toEqual({
      sentences: 2,
      annotations: 8,
      exact: 2,
      normalised: 1,
      unaligned: { empty: 1, absent: 1, "inside-word": 1, exhausted: 1, overlap: 1 },
      occurrences: 4,
      mentions: 3,
      repeated: 0,
      overlapping: 1,
      loss: 5 / 8
    })
    balance("align", alignCounts(report()))
  })
})

describe("a corpus as it streams past", () => {
  const corpus = [annotated("Rome", ["Rome", "city"]), { ...annotated("Oslo", ["Rome", "city"]), id: "s2" }]

  test("from an array or a stream, in order, with a report that grows", async () => {
    const stream = async function* () {
      yield* corpus
    }
    for (const source of [corpus, stream()]) {
      const alignment = alignAll(source)
      const seen: Array<string> = []
      for await (const { id } of alignment) {
        seen.push(id)
        expect(alignment.report().sentences).toBe(seen.length)
      }
      expect(seen).toEqual(["s1", "s2"])
      expect(alignment.report()).toMatchObject({ annotations: 2, exact: 1, unaligned: { absent: 1 }, loss: 0.5 })
    }
  })

  test("breaking off closes the source", async () => {
    let closed = false
    const stream = async function* () {
      try {
        yield* corpus
      } finally {
        closed = true
      }
    }
    for await (const _ of alignAll(stream())) break
    expect(closed).toBe(true)
  })

  test("a bad option is refused at once, by name", () => {
    expect(() => alignAll(corpus, { polcy: "all" } as object)).toThrow(
      'aligner: option "polcy": unknown option; did you mean "policy"?'
    )
    expect(() => align(corpus[0]!, { overlap: "shortest" as "longest" })).toThrow(OptionError)
  })
})
