import { expect } from "bun:test"
import { join } from "node:path"
import { type AnnotatedSentence, readResponses } from "@nuner/core"
import {
  allConceptNames,
  conceptFrequencies,
  conceptTargets,
  coverageCurve,
  foldConcept,
  nearSynonyms,
  selectConcepts,
  tokenLabels
} from "@nuner/sampler"
import { withData } from "@nuner/testing"

/** These answers are well-formed, so splitting is enough to read them. */
const readAnnotated = async (directory: string): Promise<Array<AnnotatedSentence>> => {
  const sentences: Array<AnnotatedSentence> = []
  for await (const { id, text, response } of readResponses(join(directory, "llm-annotated/c4-annotated.jsonl"))) {
    const annotations = response
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" <> "))
      .map(([entity, concept]) => ({ entity: entity!, concept: concept! }))
    sentences.push({ id, text, annotations })
  }
  return sentences
}

withData("the 8,600 annotated sentences have the counts that their description gives", async (directory) => {
  const sentences = await readAnnotated(directory)
  const table = conceptFrequencies(sentences)
  expect(sentences).toHaveLength(8600)
  expect(table.total).toBe(35717)
  expect(table.concepts).toHaveLength(8916)
  expect(table.concepts.filter(({ count }) => count === 1)).toHaveLength(5710)
  expect(table.concepts.find(({ concept }) => concept === "concept")?.count).toBe(145)
  const percent = coverageCurve(table).map(({ share }) => Math.round(share * 100))
  expect(percent).toEqual([7, 19, 44, 73, 100])

  const { sentences: kept, counts } = selectConcepts(sentences)
  expect(counts.sentences).toEqual({
    in: 8600,
    out: 8436,
    dropped: { uninformative: 131, empty: 33, notSampled: 0, rare: 0 }
  })
  expect(kept.some((sentence) => allConceptNames(sentence).some((name) => foldConcept(name) === "concept"))).toBe(false)
  expect(counts.annotations.in).toBe(35717)
  expect(counts.annotations.out).toBe(conceptFrequencies(kept).total)
})

withData(
  "an epoch of real batches: concept sets, positive rate and what the near-synonym mask leaves out",
  async (directory) => {
    const { sentences } = selectConcepts(await readAnnotated(directory))
    // One token a white-space word, and the first place of each entity: enough for the shape of real batches.
    const examples = sentences.map(({ text, annotations }) => {
      const offsets = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => ({
        start: index,
        end: index + word.length
      }))
      const mentions = annotations.map(({ entity, concept }) => {
        const start = text.indexOf(entity)
        return { start, end: start + entity.length, concept, match: "exact" as const }
      })
      const { labels, lost } = tokenLabels(mentions, offsets)
      expect(lost).toEqual([])
      return { content: { start: 0, end: offsets.length }, labels }
    })
    let seen = 0
    for (let from = 0; from < examples.length; from += 48) {
      const batch = examples.slice(from, from + 48)
      seen += batch.length
      const plain = conceptTargets(batch)
      const masked = conceptTargets(batch, { maskNearSynonyms: true })
      expect(new Set(plain.concepts)).toEqual(
        new Set(batch.flatMap(({ labels }) => labels.map(({ concept }) => foldConcept(concept))))
      )
      expect(masked.positives).toEqual(plain.positives)
      expect(masked.cells + masked.ignored.tokens.length).toBe(plain.cells)
      expect(nearSynonyms(plain.concepts).flat().length > 0).toBe(masked.ignored.tokens.length > 0)
      expect(plain.positiveRate).toBeGreaterThan(0.001)
      expect(plain.positiveRate).toBeLessThan(0.05)
    }
    expect(seen).toBe(8436)
  }
)
