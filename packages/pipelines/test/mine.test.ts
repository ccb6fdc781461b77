import { afterAll, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { labelsOf } from "@nuner/classifier"
import { readManifest } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import { readDataset } from "../src/index.ts"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
afterAll(() => folder[Symbol.dispose]())

const mine = (...args: ReadonlyArray<string>) => inProcess("mine", at("data.conll"), ...args)
const json = (path: string) => JSON.parse(readFileSync(at(path), "utf8"))
const rows = (path: string) =>
  readFileSync(at(path), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

/** 12 people, 12 places, 3 rivers, each in sentences of their own, and one sentence with all. */
const one = (type: string, i: number) => `we O\nsaw O\n${type}${i} B-${type}\n${type}s I-${type}\n`
const sentences = [
  ...Array.from({ length: 12 }, (_, i) => [one("person", i), one("place", i)]).flat(),
  ...Array.from({ length: 3 }, (_, i) => one("river", i))
]
writeFileSync(at("data.conll"), `${sentences.join("\n")}\n`)

test("a size that the data does not allow is told and left out; the manifest counts it", async () => {
  const { code, err } = await mine("--out", at("sets"), "--k", "1,2,8", "--sets", "3")
  expect(code).toBe(0)
  expect(err).toContain('k = 8: mineSets: type "river": 8 to 16 entities are needed, the data has 3')
  expect((await readManifest(at("sets/manifest.json"))).counts.sets).toEqual({
    in: 9,
    out: 6,
    dropped: { infeasible: 3 }
  })
  const sets = json("sets/sets.json")
  expect(sets.map(({ k, path }: { k: number; path: string }) => [k, path]).slice(0, 2)).toEqual([
    [1, "k-1/set-0.jsonl"],
    [1, "k-1/set-1.jsonl"]
  ])
  expect(rows(`sets/${sets[5].path}`)).toHaveLength(sets[5].sentences)
  const none = await mine("--out", at("none"), "--k", "8")
  expect(none.code).toBe(1)
  expect(none.err).toContain('mine: option "k": 8: mineSets: type "river"')
})

test("a set of so many words of each type is read as one: what is beyond is not learned from", async () => {
  expect((await mine("--out", at("three"), "--words", "3", "--types", "person,place")).code).toBe(0)
  const read = await readDataset(at("three/words-3/set-0.jsonl"))
  expect(read.flatMap(({ entities }) => entities)).toHaveLength(4) // of two words each
  const labels = [...labelsOf(read, ["O", "person", "place"])]
  expect([1, 2].map((type) => labels.filter((label) => label === type).length)).toEqual([3, 3])
})

test("some types only, so many words of each, as many sets as the paper; the samplers differ", async () => {
  expect((await mine("--out", at("words"), "--words", "4", "--types", "person,place")).code).toBe(0)
  const sets = json("words/sets.json")
  expect(sets.map(({ counts, words }: { counts: object; words: number }) => [words, counts])).toEqual(
    Array(4).fill([4, { person: 4, place: 4 }])
  )
  expect(rows("words/words-4/set-3.jsonl").every(({ ignored }) => Array.isArray(ignored))).toBe(true)
  const indexes = async (sampler: string) => {
    await mine("--out", at(sampler), "--k", "2", "--sets", "1", "--sampler", sampler)
    return json(`${sampler}/sets.json`)[0].indexes
  }
  expect(await indexes("random-order")).not.toEqual(await indexes("rarest-first"))
})

test("a test set is cut by the seed", async () => {
  const args = ["--out", at("cut"), "--k", "1", "--sets", "1", "--test-size", "5"]
  const without = await mine(...args)
  expect(without.err).toContain(`option "testSize": has an effect with --test only`)
  expect((await mine(...args, "--test", at("data.conll"))).code).toBe(0)
  expect(rows("cut/test.jsonl")).toHaveLength(5)
  expect((await readManifest(at("cut/manifest.json"))).counts.testSentences).toMatchObject({ in: 27, out: 5 })
})
