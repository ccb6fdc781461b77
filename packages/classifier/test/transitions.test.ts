import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { classesOf, decode, fitTransitions, type Transitions } from "../src/index.ts"
import { viterbi } from "../src/transitions/viterbi.ts"
import { toySentences } from "./toy.ts"

const sentences = toySentences(60, 3)

test("Viterbi finds what trying every sequence finds, forbidden ones aside", () => {
  const random = rng("viterbi")
  const count = 3
  for (let round = 0; round < 50; round++) {
    const words = 1 + random.int(5)
    const values = Float32Array.from({ length: words * count }, () => random.next())
    const transitions: Transitions = Array.from({ length: count + 1 }, () =>
      Array.from({ length: count + 1 }, () => (random.next() < 0.2 ? Number.NEGATIVE_INFINITY : random.next() - 0.5))
    )
    const score = (path: ArrayLike<number>): number => {
      let sum = transitions[count]![path[0]!]! + transitions[path[words - 1]!]![count]!
      for (let word = 0; word < words; word++) {
        sum += Math.log(values[word * count + path[word]!]!)
        if (word > 0) sum += transitions[path[word - 1]!]![path[word]!]!
      }
      return sum
    }
    const all = Array.from({ length: count ** words }, (_, n) =>
      Array.from({ length: words }, (_, word) => Math.floor(n / count ** word) % count)
    )
    const best = Math.max(...all.map(score))
    if (best > Number.NEGATIVE_INFINITY) expect(score(viterbi(values, transitions))).toBeCloseTo(best, 5)
  }
  expect(viterbi(new Float32Array(0), [[0]])).toEqual(new Int32Array(0))
})

test("transitions are conditional probabilities over the classes' own, and what the scheme does not write is forbidden", () => {
  for (const scheme of ["BIO", "IOBES"] as const) {
    const classes = classesOf(["person", "place"], scheme)
    const transitions = fitTransitions(sentences, classes, scheme, { weight: 1 })
    const tags = [...classes, "edge"]
    const at = (a: string, b: string) => transitions[tags.indexOf(a)]![tags.indexOf(b)]!
    expect(at("O", "I-place")).toBe(Number.NEGATIVE_INFINITY)
    expect(at("edge", "I-place")).toBe(Number.NEGATIVE_INFINITY)
    expect(at("B-person", "I-place")).toBe(Number.NEGATIVE_INFINITY)
    if (scheme === "IOBES") {
      expect(at("B-place", "O")).toBe(Number.NEGATIVE_INFINITY)
      expect(at("B-place", "edge")).toBe(Number.NEGATIVE_INFINITY)
      expect(at("S-place", "E-place")).toBe(Number.NEGATIVE_INFINITY)
    }
    // Half of the places have two words, no person has: what follows B- depends on the type where the examples say so.
    const second = scheme === "BIO" ? "I" : "E"
    if (scheme === "BIO") expect(at("B-place", "I-place") - at("B-place", "O")).toBeGreaterThan(0)
    expect(at("B-place", `${second}-place`)).toBeGreaterThan(0)
    const half = fitTransitions(sentences, classes, scheme, { weight: 0.5 })
    expect(half[0]![1]! / transitions[0]![1]!).toBeCloseTo(0.5, 10)
    // Without weight only the scheme is left.
    expect(new Set(fitTransitions(sentences, classes, scheme, { weight: 0 }).flat().map(Math.abs))).toEqual(
      new Set([0, Number.POSITIVE_INFINITY])
    )
  }
})

test("an entity whose words are torn apart word by word is whole with transitions", () => {
  const classes = ["O", "B-organization", "I-organization"]
  const examples = [
    { words: ["The", "Vienna", "Philharmonic", "played"], entities: [{ start: 0, end: 3, type: "organization" }] },
    { words: ["at", "the", "Royal", "Opera", "House"], entities: [{ start: 2, end: 5, type: "organization" }] }
  ]
  // The second word looks a little more like a beginning than like a continuation.
  const values = Float32Array.from([0.2, 0.7, 0.1, 0.1, 0.5, 0.4, 0.1, 0.2, 0.7, 0.9, 0.05, 0.05])
  expect(decode(values, classes, "BIO")).toHaveLength(2)
  const transitions = fitTransitions(examples, classes, "BIO", { weight: 1 })
  expect(decode(values, classes, "BIO", transitions)).toMatchObject([{ start: 0, end: 3, type: "organization" }])
})
