import { describe, expect, test } from "bun:test"
import { type Mention, rng } from "@nuner/core"
import { conceptTargets, denseCells, type LabelledTokens, nearSynonyms, tokenLabels } from "@nuner/sampler"

const mention = (start: number, end: number, concept: string): Mention => ({ start, end, concept, match: "exact" })
const spans = (...pairs: ReadonlyArray<readonly [number, number]>) => pairs.map(([start, end]) => ({ start, end }))

describe("labels of sub-tokens", () => {
  // <s> Zo ë 's '-based' </s> <pad>, where ë is two byte-level tokens of one character.
  const offsets = spans([0, 0], [0, 2], [2, 3], [2, 3], [3, 5], [5, 11], [0, 0], [0, 0])

  test("every sub-token of a mention carries its concept; tokens that share a character go together", () => {
    const { labels, lost } = tokenLabels([mention(0, 3, "person"), mention(2, 5, "x"), mention(6, 7, "part")], offsets)
    expect(lost).toEqual([])
    expect(labels).toEqual([
      { start: 1, end: 4, concept: "person" },
      { start: 2, end: 5, concept: "x" },
      { start: 5, end: 6, concept: "part" }
    ])
  })

  test("a mention that no sub-token covers is given back", () => {
    const { labels, lost } = tokenLabels([mention(11, 14, "cut off")], offsets)
    expect(labels).toEqual([])
    expect(lost).toEqual([mention(11, 14, "cut off")])
  })
})

describe("targets of a batch", () => {
  const batch: ReadonlyArray<LabelledTokens> = [
    {
      content: { start: 1, end: 4 },
      labels: [
        { start: 1, end: 3, concept: "Company" },
        { start: 2, end: 4, concept: "city" },
        { start: 1, end: 2, concept: "company " }
      ]
    },
    { content: { start: 1, end: 3 }, labels: [{ start: 2, end: 3, concept: "company name" }] }
  ]

  test("worked by hand: [2 sentences, 5 tokens, 3 concepts]", () => {
    const targets = conceptTargets(batch, { tokens: 5 })
    expect(targets.concepts).toEqual(["company", "city", "company name"])
    expect(targets.shape).toEqual([2, 5, 3])
    expect([...targets.positives.tokens]).toEqual([1, 2, 2, 3, 7])
    expect([...targets.positives.concepts]).toEqual([0, 0, 1, 1, 2])
    expect([...targets.tokenMask]).toEqual([0, 1, 1, 1, 0, 0, 1, 1, 0, 0])
    expect(targets.cells).toBe(5 * 3)
    expect(targets.positiveRate).toBe(5 / 15)
    expect(targets.ignored.tokens).toHaveLength(0)
  })

  test("a token that does not count is neither positive nor in the mean", () => {
    const [first, second] = batch
    const targets = conceptTargets([{ ...first!, counts: Uint8Array.of(1, 0, 1, 1) }, second!], { tokens: 5 })
    expect([...targets.tokenMask]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0])
    expect([...targets.positives.tokens]).toEqual([2, 2, 3, 7])
    expect(targets.cells).toBe(4 * 3)
    expect(targets.positiveRate).toBe(4 / 12)
  })

  test("extra concepts are further columns without a positive; those that are there already add none", () => {
    const plain = conceptTargets(batch, { tokens: 5 })
    const targets = conceptTargets(batch, { tokens: 5, extraConcepts: ["River", "CITY", "river"] })
    expect(targets.concepts).toEqual([...plain.concepts, "river"])
    expect(targets.positives).toEqual(plain.positives)
    expect(targets.cells).toBe(5 * 4)
    const near = conceptTargets(batch, { tokens: 5, extraConcepts: ["car company"], maskNearSynonyms: true })
    expect([...near.ignored.concepts].filter((concept) => concept === 3)).toHaveLength(3)
  })

  test("near-synonyms of a positive are ignored, not negative, and leave the count", () => {
    const targets = conceptTargets(batch, { tokens: 5, maskNearSynonyms: true })
    expect([...targets.ignored.tokens]).toEqual([1, 2, 7])
    expect([...targets.ignored.concepts]).toEqual([2, 2, 0])
    expect(targets.cells).toBe(12)
    expect(targets.positiveRate).toBe(5 / 12)
  })

  test("a batch without concepts has no cells; labels outside of the content are cut", () => {
    const content = { start: 1, end: 2 }
    expect(conceptTargets([{ content, labels: [] }])).toMatchObject({ shape: [1, 2, 0], cells: 0, positiveRate: 0 })
    const cut = conceptTargets([{ content, labels: [{ start: 0, end: 9, concept: "a" }] }], { tokens: 4 })
    expect([...cut.positives.tokens]).toEqual([1])
    expect(conceptTargets([]).shape).toEqual([0, 0, 0])
  })

  test("too narrow a batch and an unknown option are refused by name", () => {
    expect(() => conceptTargets(batch, { tokens: 3 })).toThrow(
      "3 tokens are narrower than a sentence that ends at token 4"
    )
    expect(() => conceptTargets(batch, { maskNearSynonym: true } as object)).toThrow('did you mean "maskNearSynonyms"?')
  })

  test("equals the dense array filled cell by cell, on random batches", () => {
    const random = rng("targets")
    const names = ["a", "b", "b name", "c d", "d", "E"]
    for (let round = 0; round < 200; round++) {
      const tokens = 3 + random.int(8)
      const sentences = Array.from({ length: 1 + random.int(4) }, () => ({
        content: { start: 1, end: 2 + random.int(tokens - 1) },
        labels: Array.from({ length: random.int(5) }, () => {
          const start = random.int(tokens)
          return { start, end: start + 1 + random.int(tokens - start), concept: names[random.int(names.length)]! }
        })
      }))
      const targets = conceptTargets(sentences, { tokens, maskNearSynonyms: true })
      const dense = denseCells(targets.positives, targets.shape)
      const ignored = denseCells(targets.ignored, targets.shape)
      const near = nearSynonyms(targets.concepts)
      let positives = 0
      let cells = 0
      sentences.forEach(({ content, labels }, b) => {
        for (let t = 0; t < tokens; t++) {
          const inside = t >= content.start && t < content.end
          const has = targets.concepts.map(
            (c) => inside && labels.some((l) => l.concept.toLowerCase() === c && l.start <= t && t < l.end)
          )
          targets.concepts.forEach((_, c) => {
            const at = (b * tokens + t) * targets.concepts.length + c
            const skip = !has[c] && near[c]!.some((other) => has[other]!)
            expect(dense[at]).toBe(has[c] ? 1 : 0)
            expect(ignored[at]).toBe(skip ? 1 : 0)
            positives += has[c] ? 1 : 0
            cells += inside && !skip ? 1 : 0
          })
        }
      })
      expect(targets.cells).toBe(cells)
      expect(targets.positiveRate).toBe(cells === 0 ? 0 : positives / cells)
    }
  })
})

describe("near-synonyms", () => {
  const near = (a: string, b: string) => nearSynonyms([a, b])[0]!.length === 1

  test("names whose last words agree", () => {
    expect(near("company", "company name")).toBe(true)
    expect(near("company", "car companies")).toBe(true)
    expect(near("location", "event location")).toBe(true)
    expect(near("media-content type", "media content")).toBe(true)
    expect(near("boxes", "box")).toBe(true)
    expect(near("online courses", "course")).toBe(true)
  })

  test("names that only share a first word, or a part of a word, are different", () => {
    expect(near("event", "event location")).toBe(false)
    expect(near("city", "city attraction")).toBe(false)
    expect(near("art", "part")).toBe(false)
    expect(near("car company", "phone company")).toBe(false)
    expect(near("glass", "gla")).toBe(false)
    expect(near("name", "company name")).toBe(false)
    expect(near("!!", "??")).toBe(false)
  })

  test("symmetric, and no concept is its own", () => {
    expect(nearSynonyms(["company", "person", "car company", "company name"])).toEqual([[2, 3], [], [0, 3], [0, 2]])
  })
})
