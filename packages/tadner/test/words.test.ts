import { beforeAll, describe, expect, test } from "bun:test"
import { rng, type Span } from "@nuner/core"
import { type Encoder, small } from "@nuner/encoder"
import { encodeRows, readSpans, spanLabels, tagsOf } from "@nuner/tadner"
import { testEngine } from "@nuner/testing"
import { misaligned } from "../src/episodes/misaligned.ts"
import { tinyEncoder } from "./support/toy.ts"

let encoder: Pick<Encoder, "config" | "tokenizer">
beforeAll(async () => {
  await testEngine()
  const { dispose, ...parts } = await tinyEncoder()
  encoder = parts
  dispose()
})

describe("encodeRows", () => {
  const long = { words: Array.from({ length: 90 }, (_, i) => ["the", "Macbar", "unheardof", "x"][i % 4]!) }
  const short = { words: ["saw", "", "Zutam"] }

  test("the vector of a word is taken at its first sub-token, tokenized by itself; an empty word is the unknown token", async () => {
    const { rows } = await encodeRows([short], encoder, { maxTokens: 128, long: "windows" })
    const { tokenizer } = encoder
    const alone = async (text: string) => [...(await tokenizer.encode(text)).ids].slice(1, -1)
    const first = await alone("saw")
    // Behind a space, as in running text.
    const third = (await alone("saw Zutam")).slice(first.length)
    expect([...rows[0]!.ids].slice(1, -1)).toEqual([...first, tokenizer.special.unknown.id, ...third])
    expect([...rows[0]!.firsts]).toEqual([1, 1 + first.length, 2 + first.length])
  })

  test("windows hold every word once; their sub-tokens are the sentence's", async () => {
    const { kept, rows, windowed } = await encodeRows([short, long, { words: [] }], encoder, {
      maxTokens: 32,
      long: "windows"
    })
    expect(kept).toEqual([3, 90, 0])
    expect(windowed).toBe(1)
    const mine = rows.filter(({ sentence }) => sentence === 1)
    expect(mine.length).toBeGreaterThan(4)
    expect(mine.flatMap(({ words }) => [...words])).toEqual([...long.words.keys()])
    const whole = await encoder.tokenizer.encodeWords(long.words)
    for (const { firsts, ids, words } of mine) {
      expect(ids.length).toBeLessThanOrEqual(32)
      for (const [i, word] of words.entries()) expect(ids[firsts[i]!]).toBe(whole.ids[whole.tokensOf[word]!.start]!)
    }
  })

  test("truncation keeps the words whose first sub-token is within the limit", async () => {
    const { kept, lengths, rows } = await encodeRows([long], encoder, { maxTokens: 32, long: "truncate" })
    const whole = await encoder.tokenizer.encodeWords(long.words)
    const fit = whole.tokensOf.filter(({ start }) => start - 1 < 30).length
    expect({ kept, lengths, rows: rows.length }).toEqual({ kept: [fit], lengths: [90], rows: 1 })
    expect(rows[0]!.ids.length).toBe(32)
  })

  test("never more than the encoder takes", async () => {
    const { rows } = await encodeRows([long], encoder, { maxTokens: 1000, long: "windows" })
    expect(Math.max(...rows.map(({ ids }) => ids.length))).toBe(64)
    expect(small({ positions: 66 }).positions).toBe(encoder.config.positions)
  })
})

describe("span tags", () => {
  const random = rng("tags")
  const spans = (length: number): Array<Span> => {
    const found: Array<Span> = []
    for (let at = random.int(3); at < length; ) {
      const end = Math.min(length, at + 1 + random.int(3))
      found.push({ start: at, end })
      at = end + random.int(3)
    }
    return found
  }

  test("BIO and BIOES give back any spans; IO merges neighbours", () => {
    for (let i = 0; i < 200; i++) {
      const given = spans(12)
      for (const scheme of ["BIO", "BIOES"] as const) {
        expect(readSpans(spanLabels(given, 12, { scheme, loseAdjacentSingletons: false }), scheme)).toEqual(given)
      }
      const merged: Array<Span> = []
      for (const { end, start } of given) {
        if (merged.at(-1)?.end === start) merged.push({ start: merged.pop()!.start, end })
        else merged.push({ start, end })
      }
      expect(readSpans(spanLabels(given, 12, { scheme: "IO", loseAdjacentSingletons: false }), "IO")).toEqual(merged)
    }
  })

  test("the published BIOES helper loses the second of two adjacent singletons, and only it", () => {
    const one = (start: number) => ({ start, end: start + 1 })
    const given = [one(0), one(1), one(2), { start: 3, end: 5 }, one(6)]
    const labels = spanLabels(given, 7, { scheme: "BIOES", loseAdjacentSingletons: true })
    expect(readSpans(labels, "BIOES")).toEqual([one(0), one(2), { start: 3, end: 5 }, one(6)])
  })

  test("tags", () => {
    expect(tagsOf("BIOES")).toEqual(["O", "B-entity", "I-entity", "E-entity", "S-entity"])
    expect(tagsOf("IO")).toEqual(["O", "I-entity"])
  })
})

test("misaligned: places count the words that were kept, and are read in sentences of all their words", () => {
  // Of sentences of 6, 5 and 4 words 3, 5 and 4 were kept.
  const rows = { kept: [3, 5, 4], lengths: [6, 5, 4] }
  const at = (sentence: number, start: number, end: number) => misaligned({ sentence, start, end }, rows)
  expect(at(0, 1, 3)).toEqual({ sentence: 0, start: 1, end: 3 })
  expect(at(1, 0, 1)).toEqual({ sentence: 0, start: 3, end: 4 })
  expect(at(1, 3, 5)).toEqual({ sentence: 1, start: 0, end: 2 })
  expect(at(2, 3, 4)).toEqual({ sentence: 2, start: 0, end: 1 })
})
