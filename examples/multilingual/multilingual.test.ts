import { expect, test } from "bun:test"
import { offsetMap, words } from "@nuner/core"
import { encode } from "@nuner/encoder"
import { conceptFrequencies } from "@nuner/sampler"
import { testEngine } from "@nuner/testing"
import { languages } from "./languages.ts"
import { alignedOf } from "./multilingual.ts"
import { randomXlmRoberta } from "./randomXlmRoberta.ts"

await testEngine()

for (const language of languages) {
  test(`${language.name}: sentences are split, every entity is found where it stands, at word boundaries`, async () => {
    const aligned = await alignedOf(language)
    expect(aligned).toHaveLength(language.answers.length)
    for (const [i, { mentions, text, unaligned }] of aligned.entries()) {
      const named = language.answers[i]!.split("\n").map((line) => line.split(" <> ")[0]!)
      expect(unaligned ?? []).toEqual([])
      expect(mentions.map(({ end, start }) => text.slice(start, end)).toSorted()).toEqual(named.toSorted())
      const edges = words(text)
      for (const { end, start } of mentions) {
        expect(edges.some((word) => word.start === start)).toBe(true)
        expect(edges.some((word) => word.end === end)).toBe(true)
        // None of these texts has a character outside of the basic plane: code points count as UTF-16 does.
        expect(offsetMap(text, "codepoints").fromUtf16(end)).toBe(end)
      }
    }
  })
}

test("concepts of one spelling but for case are one", async () => {
  const { concepts } = conceptFrequencies(await alignedOf(languages[0]!))
  expect(concepts.slice(0, 2)).toEqual([
    { concept: "город", count: 3 },
    { concept: "человек", count: 2 }
  ])
})

test("a SentencePiece tokenizer's offsets cover every word of the three scripts, none unknown", async () => {
  const texts = languages.flatMap(({ document, unseen }) => [document, unseen])
  const encoder = await randomXlmRoberta(texts)
  for await (const { ids, offsets, text } of encode(encoder, texts)) {
    expect([...ids]).not.toContain(3)
    const covered = new Set(
      offsets.flatMap(({ end, start }) => Array.from({ length: end - start }, (_, i) => start + i))
    )
    for (const { end, start } of words(text)) for (let at = start; at < end; at++) expect(covered.has(at)).toBe(true)
  }
  encoder.dispose()
})
