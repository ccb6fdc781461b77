import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { decode } from "../src/biencoder/biEncoder.ts"
import { type Segment, segment } from "../src/biencoder/segment.ts"

/** Every division of a sentence: each word none, the beginning of an entity, or one more word of the entity before it. */
function* divisions(words: number, types: number, from = 0): Generator<ReadonlyArray<Segment>> {
  if (from === words) return yield []
  for (const rest of divisions(words, types, from + 1)) yield rest
  for (let end = from + 1; end <= words; end++) {
    for (const rest of divisions(words, types, end)) {
      for (let type = 0; type < types; type++) yield [{ start: from, end, type }, ...rest]
    }
  }
}

test("no division of a sentence scores more than the one that is found", () => {
  const random = rng("segment")
  for (let round = 0; round < 60; round++) {
    const [words, types] = [1 + random.int(5), 1 + random.int(3)]
    const scores = Float32Array.from({ length: words * types }, () => 2 * random.normal())
    const joints = Float32Array.from({ length: words }, () => random.normal())
    const worth = (segments: ReadonlyArray<Segment>) =>
      segments.reduce((sum, { end, start, type }) => {
        for (let word = start; word < end; word++) {
          sum += scores[word * types + type]! + (word > start ? joints[word]! : 0)
        }
        return sum
      }, 0)
    const best = Math.max(...Array.from(divisions(words, types), worth))
    expect(worth(segment(scores, types, joints))).toBeCloseTo(best, 4)
  }
})

const scored = (words: string, logits: ReadonlyArray<number>, joints = logits.map(() => 0)) =>
  decode({
    words: words.split(" "),
    logits: Float32Array.from(logits),
    joints: Float32Array.from(joints),
    names: ["party"],
    least: [0.5],
    multiLabel: false
  })

test("words of one type are one entity; its score is that of the mean logit", () => {
  expect(scored("the Green Party won", [-3, 1, 3, -3])).toEqual([
    { start: 1, end: 3, type: "party", score: expect.closeTo(1 / (1 + Math.exp(-2)), 6) }
  ])
})

test("a joint carries an entity over a word that is unsure for itself", () => {
  expect(scored("Party of Wales", [3, -1, 3]).map(({ end }) => end)).toEqual([1, 3])
  expect(scored("Party of Wales", [3, -1, 3], [0, 1, 1]).map(({ end }) => end)).toEqual([3])
})

test("an entity holds no bracket and has no mark at its edges", () => {
  const places = scored("Greens ( UDN ) - - the Left", [3, 3, 3, 3, 3, 3, -3, 3]).map(({ end, start }) => [start, end])
  expect(places).toEqual([
    [0, 1],
    [2, 3],
    [7, 8]
  ])
})
