import { expect, test } from "bun:test"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { fitThresholds, loadGliner, saveThresholds, ZeroShot, type ZeroShotModel } from "@nuner/zeroshot"

/** A model that finds what it is told to find, with these scores; types compete for a word. */
const scripted = (
  found: Readonly<Record<string, ReadonlyArray<readonly [type: string, score: number]>>>
): ZeroShotModel => ({
  kind: "scripted",
  predict: () => Promise.reject(new Error("by words only")),
  predictWords: async (sentences, types, { threshold = 0.5, thresholds = {} } = {}) => {
    const asked = new Set(types)
    const entities = sentences.map(({ words }) =>
      words.flatMap((word, start) =>
        (found[word] ?? [])
          .filter(([type, score]) => asked.has(type) && score >= (thresholds[type] ?? threshold))
          .toSorted(([, a], [, b]) => b - a)
          .slice(0, 1)
          .map(([type, score]) => ({ start, end: start + 1, type, score }))
      )
    )
    const nothing = { emptyTexts: 0, windowedTexts: 0, unreadWords: 0, repeatedTypes: 0, typeGroups: 1 }
    return { entities, unrepresented: nothing }
  },
  save: async () => {},
  dispose: () => {}
})
const sentence = (text: string, types: Readonly<Record<string, string>>) => {
  const words = text.split(" ")
  const entities = words.flatMap((word, start) => (types[word] ? [{ start, end: start + 1, type: types[word] }] : []))
  return { words, entities }
}

test("the threshold of all types and those of single types are the ones with the best F1", async () => {
  // Persons are found with sureness, and what is no person with less; cities are found with little.
  const model = scripted({
    Ada: [["person", 0.85]],
    saw: [["person", 0.55]],
    Oslo: [["city", 0.25]],
    big: [["city", 0.12]]
  })
  const gold = [sentence("Ada saw big Oslo", { Ada: "person", Oslo: "city" })]
  const fitted = await fitThresholds(model, gold, ["person", "city"], { mentions: 1 })
  expect(fitted.types).toEqual({ person: 0.6 })
  expect(fitted.threshold).toBe(0.15)
  expect(fitted.entityF1.byType).toBeCloseTo(100, 6)
  expect(fitted.entityF1.one).toBeCloseTo(80, 6)
  // Too few labelled entities: one threshold for all.
  expect((await fitThresholds(model, gold, ["person", "city"], { mentions: 2 })).types).toEqual({})
})

test("thresholds of types that are no better together are not kept", async () => {
  // Once "noise" need not be a band, it is taken for a genre.
  const model = scripted({
    rock: [["genre", 0.5]],
    Blur: [["band", 0.9]],
    noise: [
      ["band", 0.55],
      ["genre", 0.5]
    ]
  })
  const gold = [sentence("rock rock rock Blur noise", { rock: "genre", Blur: "band" })]
  const fitted = await fitThresholds(model, gold, ["genre", "band"], { mentions: 1 })
  expect(fitted.types).toEqual({})
  expect(fitted.entityF1.byType).toBe(fitted.entityF1.one)
})

test("thresholds that are kept with a model are asked of it unless others are given", async () => {
  await testEngine()
  await leakCheck(async () => {
    using folder = tempDir()
    const source = await loadGliner(join(import.meta.dir, "fixtures", "marker"))
    await source.save(folder.path)
    const text = ["Marie Curie was born in Warsaw, and O'Neil in New-York_City."]
    const open = { nested: true, multiLabel: true }
    const wanted = await source.predict(text, ["person", "city"], {
      ...open,
      threshold: 0.4,
      thresholds: { city: 0.6 }
    })
    const low = await source.predict(text, ["person", "city"], { ...open, threshold: 0.3 })
    source.dispose()
    await saveThresholds(folder.path, { threshold: 0.4, types: { city: 0.6 } })
    const model = await ZeroShot.fromPretrained(folder.path)
    expect(await model.predict(text, ["person", "city"], open)).toEqual(wanted)
    expect(await model.predict(text, ["person", "city"], { ...open, threshold: 0.3 })).toEqual(low)
    expect(wanted.entities[0]!.length).toBeLessThan(low.entities[0]!.length)
    await model.save(folder.file("again"))
    const again = await ZeroShot.fromPretrained(folder.file("again"))
    expect(await again.predict(text, ["person", "city"], open)).toEqual(wanted)
    model.dispose()
    again.dispose()
    await Bun.write(folder.file("thresholds.json"), `{"format": "nuner-thresholds-1", "threshold": 2, "types": {}}`)
    await expect(ZeroShot.fromPretrained(folder.path)).rejects.toThrow(InputError)
  })
})
