import { expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { readEpisodes } from "@nuner/core"
import { withData } from "@nuner/testing"
import { validateEpisode, validateEpisodeFile } from "../src/index.ts"
import { sentence } from "./data.ts"

const kinds = (support: Array<Record<string, number>>, query: Array<Record<string, number>>, types = ["a", "b"]) =>
  validateEpisode(
    {
      types,
      support: support.map((counts, i) => sentence(counts, `s${i}`)),
      query: query.map((counts, i) => sentence(counts, `q${i}`))
    },
    { n: 2, k: 1 }
  ).map(({ kind, side, type, count }) => [kind, side, type, count].filter((part) => part !== undefined).join(" "))

test("each kind of problem is told, and only where it is", () => {
  expect(kinds([{ a: 1 }, { b: 2 }], [{ a: 2, b: 1 }])).toEqual([])
  expect(kinds([{ a: 1 }], [{ a: 2, b: 1 }])).toEqual(["few support b 0"])
  expect(kinds([{ a: 1, b: 1 }], [{ a: 2, b: 3 }])).toEqual(["many query b 3"])
  expect(kinds([{ a: 1, b: 1, c: 1 }], [{ a: 2, b: 1 }])).toEqual(["unlisted support c 1"])
  expect(kinds([{ a: 1, b: 1 }], [{ a: 2, b: 1 }, {}])).toEqual(["empty query 1"])
  expect(kinds([{ a: 1, b: 1 }], [{ a: 2, b: 1 }], ["a", "b", "b"])).toEqual(["types"])
  const twice = sentence({ a: 1, b: 1 })
  expect(
    validateEpisode({ types: ["a", "b"], support: [twice], query: [twice] }, { k: 1 }).map(({ message }) => message)
  ).toEqual(["1 query sentences stand in the support set, too"])
  expect(
    validateEpisode({ types: ["a", "b"], support: [twice, twice], query: [sentence({ a: 2, b: 2 })] }, { k: 1 })
  ).toMatchObject([{ kind: "repeated", side: "support", count: 1 }])
})

test("a query set of its own size", () => {
  const episode = { types: ["a"], support: [sentence({ a: 1 })], query: [sentence({ a: 5 })] }
  expect(validateEpisode(episode, { k: 1, q: 3 })).toEqual([])
  expect(validateEpisode(episode, { k: 1 }).map(({ kind }) => kind)).toEqual(["many"])
})

const side = (word: unknown, label: unknown) => ({ word, label })
const good = side([["x", "y", "z"]], [["a", "a", "b"]])
const other = side([["u", "v", "w"]], [["a", "O", "b"]])

test("a file: runs are counted, the hash is the file's, and what fails is told by line", () => {
  const lines = [
    JSON.stringify({ support: good, query: other, types: ["a", "b"] }),
    "",
    "{",
    JSON.stringify({ support: side([["v"], ["x"]], [["a"], ["a", "b"]]), query: other, types: ["a", "b"] }),
    JSON.stringify({ support: good, query: { word: 1 }, types: ["a", "b"] }),
    JSON.stringify({ support: good, query: other, types: "a" }),
    JSON.stringify({ support: good, query: side([["u", "v", "w", "é"]], [["a", "O", "a", "O"]]), types: ["a", "b"] })
  ].join("\n")
  const bytes = new TextEncoder().encode(lines)
  const report = validateEpisodeFile({ name: "train.jsonl", bytes, n: 2, k: 1 })
  expect(report).toMatchObject({
    name: "train.jsonl",
    bytes: bytes.length,
    sha256: createHash("sha256").update(lines).digest("hex"),
    episodes: 6,
    valid: 1,
    problems: { few: 1, length: 1, shape: 3 }
  })
  expect(
    report.invalid.map(({ line, problems }) => `${line}: ${problems.map(({ message }) => message).join("; ")}`)
  ).toEqual([
    "3: not JSON",
    "4: support: words and labels differ in number",
    "5: query: no lists of words and labels",
    '6: "types" is no list of strings',
    '7: query: 0 entities of type "b", fewer than 1'
  ])
})

withData("Few_TK's published files: most episodes fail, and it is told of which kind", async (directory) => {
  const folder = `${directory}/few-nerd-format`
  let episodes = 0
  let valid = 0
  const problems: Record<string, number> = {}
  for (const path of [...new Bun.Glob("episodes_*/*.jsonl").scanSync(folder)].toSorted()) {
    const n = Number(/_(\d+)_1\.jsonl$/.exec(path)![1])
    const bytes = await Bun.file(`${folder}/${path}`).bytes()
    const report = validateEpisodeFile({ name: path, bytes, n, k: 1 })
    episodes += report.episodes
    valid += report.valid
    for (const [kind, count] of Object.entries(report.problems)) problems[kind] = (problems[kind] ?? 0) + count
    // The decoded episodes say the same, episode by episode.
    const bad = new Set(report.invalid.map(({ line }) => line))
    let line = 0
    for await (const episode of readEpisodes(`${folder}/${path}`)) {
      expect(validateEpisode(episode, { n, k: 1 }).length > 0).toBe(bad.has(++line))
    }
  }
  expect({ episodes, valid, problems }).toEqual({
    episodes: 2572,
    valid: 532,
    problems: { many: 503, repeated: 58, shared: 1916 }
  })
})
