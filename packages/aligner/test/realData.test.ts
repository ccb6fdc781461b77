import { expect } from "bun:test"
import { join } from "node:path"
import { alignAll, alignCounts } from "@nuner/aligner"
import { type AnnotatedSentence, balance, readResponses, tokenSpans, wordSpans, words } from "@nuner/core"
import { withData } from "@nuner/testing"

/** These answers are well-formed, so splitting is enough to read them. */
const annotated = async function* (directory: string): AsyncGenerator<AnnotatedSentence> {
  for await (const { id, text, response } of readResponses(join(directory, "llm-annotated/c4-annotated.jsonl"))) {
    const lines = response.split("\n").filter((line) => line !== "")
    const annotations = lines
      .map((line) => line.split(" <> "))
      .map(([entity, concept]) => ({ entity: entity!, concept: concept! }))
    yield { id, text, annotations }
  }
}

// The counts are also those of benchmarks/peers/aligner.py, written independently.
withData(
  "35,717 real annotations: all but 17 have a place, and those 17 stand inside of longer words",
  async (directory) => {
    const alignment = alignAll(annotated(directory))
    const source = annotated(directory)
    for await (const { text, mentions, unaligned = [] } of alignment) {
      const { annotations } = (await source.next()).value as AnnotatedSentence
      const entities = new Set(annotations.map(({ entity }) => entity))
      for (const { start, end } of mentions) expect(entities.has(text.slice(start, end))).toBe(true)
      for (const { entity } of unaligned) expect(text).toContain(entity)
      const offsets = words(text)
      expect(wordSpans(mentions, offsets).every((span) => span !== undefined)).toBe(true)
      expect(tokenSpans(mentions, offsets)).toEqual(
        wordSpans(mentions, offsets).map((span) => ({ start: span!.start, end: span!.end }))
      )
    }
    expect(alignment.report()).toMatchObject({
      sentences: 8600,
      annotations: 35717,
      exact: 35700,
      normalised: 0,
      mentions: 36541
    })
    expect(alignment.report().unaligned).toEqual({ empty: 0, absent: 0, "inside-word": 17, exhausted: 0, overlap: 0 })
    balance("align", alignCounts(alignment.report()))
  }
)
