import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { parseLines } from "../src/index.ts"

const entities = (answer: string) =>
  parseLines(answer).annotations.map(({ entity, concept }) => `${entity} / ${concept}`)
const lineCount = (answer: string) => answer.split(/\r\n|[\n\r\u2028\u2029]/).length

test("Figure 3's answer", () => {
  const answer = `Steven Means <> NFL player <> professional athlete
Falcons <> NFL team <> professional sports team
2018 <> year <> unit of time`
  expect(parseLines(answer)).toEqual({
    annotations: [
      { entity: "Steven Means", concept: "NFL player", description: "professional athlete" },
      { entity: "Falcons", concept: "NFL team", description: "professional sports team" },
      { entity: "2018", concept: "year", description: "unit of time" }
    ],
    rejected: [],
    ignored: 0
  })
})

test.each([
  ["bullets", "- Paris <> city\n* Rome <> city\n• Oslo <> city", ["Paris / city", "Rome / city", "Oslo / city"]],
  ["numbering", "1. Paris <> city\n2. Rome <> city", ["Paris / city", "Rome / city"]],
  [
    "a number that is part of a name",
    "1. FC Köln <> football club\nCologne <> city",
    ["1. FC Köln / football club", "Cologne / city"]
  ],
  ["numbers as entities", "115,458 <> population\n3 to 4 days <> time", ["115,458 / population", "3 to 4 days / time"]],
  ["an option that looks like a bullet", "--version <> command-line option", ["--version / command-line option"]],
  ["code fences", "```text\nParis <> city\n```", ["Paris / city"]],
  ["quotes and emphasis", '"Paris" <> **city** <> `a place`', ["Paris / city"]],
  ["a stray quote", '"Paris <> city', ["Paris / city"]],
  ["an apostrophe is no quote", "O'Neill's <> pub", ["O'Neill's / pub"]],
  ["quotes within a name are kept", 'Dwayne "The Rock" Johnson <> actor', ['Dwayne "The Rock" Johnson / actor']],
  ["a header", "Entity <> Concept <> Description\nParis <> city", ["Paris / city"]],
  ["table pipes", "| Paris <> city <> place |", ["Paris / city"]],
  ["spaces inside the separator, none around", "Paris< >city", ["Paris / city"]],
  ["CRLF", "Paris <> city\r\nRome <> city\r\n", ["Paris / city", "Rome / city"]]
])("tolerates %s", (_, answer, expected) => {
  expect(entities(answer)).toEqual(expected)
})

test("a description may be missing or empty", () => {
  expect(parseLines("Paris <> city\nRome <> city <> ").annotations).toEqual([
    { entity: "Paris", concept: "city" },
    { entity: "Rome", concept: "city" }
  ])
})

test("what cannot be read is kept, with a reason", () => {
  const { annotations, rejected } = parseLines("Here you go:\n <> city\nParis <> \na <> b <> c <> d\nEntity <> Concept")
  expect(annotations).toEqual([])
  expect(rejected).toEqual([
    { line: "Here you go:", reason: "no separator" },
    { line: " <> city", reason: "empty entity" },
    { line: "Paris <> ", reason: "empty concept" },
    { line: "a <> b <> c <> d", reason: "too many fields" },
    { line: "Entity <> Concept", reason: "format header" }
  ])
})

test("10,000 fuzzed answers: never throws, and kept + rejected + ignored = lines", () => {
  const random = rng("fuzzed answers")
  const pieces = ["<>", " <> ", "< >", "\n", "\r\n", "\r", "\u2028", "```", "~~~", "```json\n", "- ", "1. ", "2) ", "(3) ", "|", '"', "“", "'", "**", "[", "]",
    "Paris", "city", "a <> b", "Entity <> Concept", "😀", "\ud83d", "\u0000", "\u202e", "é", "  ", "\t", "{", '{"entities":[', "<", ">", "<><>", "x".repeat(500)] // biome-ignore format: a table
  for (let i = 0; i < 10_000; i++) {
    const answer = Array.from({ length: random.int(30) }, () => pieces[random.int(pieces.length)]).join("")
    const { annotations, ignored, rejected } = parseLines(answer)
    expect(annotations.length + rejected.length + ignored).toBe(lineCount(answer))
    for (const { entity, concept } of annotations) expect(entity !== "" && concept !== "").toBe(true)
    for (const { line } of rejected) expect(answer).toContain(line)
  }
})
