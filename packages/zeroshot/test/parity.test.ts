import { beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { leakCheck, oddTexts, testEngine } from "@nuner/testing"
import { type Gliner, loadGliner, wordRules } from "@nuner/zeroshot"
import { readLogits } from "../src/gliner/readLogits.ts"
import { rowBatch } from "../src/gliner/rowBatch.ts"
import { promptRow, wordPieces } from "../src/prompt/prompt.ts"
import reference from "./fixtures/gliner.json" with { type: "json" }
import { expectLogits } from "./support/expectLogits.ts"

// Models that GLiNER's Python made and saved, its logits and its entities of two hundred odd texts (reference/make.py).

beforeAll(testEngine)

const fixtures = join(import.meta.dir, "fixtures")
const types = [...new Set(reference.types)]

const logitsOf = async ({ config, encoder, head }: Gliner, texts: ReadonlyArray<string>) => {
  const words = texts.map((text) => wordRules.published(text).map(({ word }) => word))
  const { tokenizer } = encoder
  const pieces = await wordPieces(tokenizer, [config.typeToken, config.endToken, ...types, ...words.flat()])
  const rows = words.map((some) => promptRow({ ...config, tokenizer }, pieces, types, some, "shift"))
  return readLogits({ config, encoder, head }, rowBatch(rows, encoder.config.padId, config))
}

/** A text's entities in code points, as Python counts, by place and type. */
const listed = (found: ReadonlyArray<ReadonlyArray<number>>) => {
  const sorted = found.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!)
  return { places: sorted.map((one) => one.slice(0, 3).join(" ")), scores: sorted.map((one) => one[3]!) }
}

describe.each(Object.entries(reference.models))("%s", (name, wanted) => {
  test("logits", () =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const found = await logitsOf(model, wanted.sample)
      const [rows, words, width, last] = wanted.shape as [number, number, number, number]
      expect(found.length).toBe(rows * words * width * last)
      expectLogits(found, wanted, model.config.spanMode)
      model.dispose()
    }))

  test.each(Object.entries(wanted.entities))("entities, %s", (how, entities) =>
    leakCheck(async () => {
      const model = await loadGliner(join(fixtures, name))
      const options = { nested: how === "nested", multiLabel: how === "multi" }
      const { entities: found, unrepresented } = await model.predict(oddTexts, reference.types, {
        ...{ mode: "published", merge: "none", threshold: wanted.threshold, batchTokens: 1024 },
        ...options
      })
      let count = 0
      for (const [i, text] of oddTexts.entries()) {
        const points = (at: number) => [...text.slice(0, at)].length
        const ours = found[i]!.map(({ end, score, start, type }) => [
          points(start),
          points(end),
          types.indexOf(type),
          score
        ])
        const [own, peer] = [listed(ours), listed(entities[i]!)]
        expect(own.places, text).toEqual(peer.places)
        for (const [at, score] of own.scores.entries()) expect(Math.abs(score - peer.scores[at]!)).toBeLessThan(1e-4)
        count += ours.length
      }
      expect(count).toBeGreaterThan(500)
      expect(unrepresented.repeatedTypes).toBe(1)
      expect(unrepresented.unreadWords).toBeGreaterThan(0)
      model.dispose()
    })
  )
})
