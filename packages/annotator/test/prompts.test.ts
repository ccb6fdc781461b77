import { describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { Schema } from "effect"
import { AnthropicStructuredOutput } from "effect/ai"
import { figure2, inContextNer, type Prompt, parseEntities, structured, universalNer } from "../src/index.ts"

const ner = inContextNer({
  types: ["person", "city"],
  definitions: { city: "a large town" },
  examples: [
    {
      text: "Ada saw Paris.",
      entities: [
        { entity: "Ada", type: "person" },
        { entity: "Paris", type: "city" }
      ]
    }
  ]
})

/** A prompt whose text changes must get a new version: then, and only then, change its line here. */
test.each<[string, Prompt, string]>([
  ["figure-2 v1", figure2, "9a6b95337e299ba3"],
  ["structured v1", structured, "5e74bf1cef2b86d7"],
  ["in-context-ner v1", ner, "fd9fb208e86e3e0e"],
  ["universal-ner v1", universalNer("city"), "13009962a5468d4c"]
])("%s is what it was", (version, prompt, hash) => {
  expect(`${prompt.name} v${prompt.version}`).toBe(version)
  expect(prompt.hash.slice(0, 16)).toBe(hash)
})

describe("figure 2", () => {
  test("as published: the sentence stands where [INPUT SENTENCE] does, $-signs and all", () => {
    const [message] = figure2.render("It cost $& and $1.")
    expect(message!.content).toStartWith(
      "The goal is to create a dataset for entity recognition. Label as many entities, concepts, and ideas as possible in the input text."
    )
    expect(message!.content).toEndWith(
      "entity from the text <> entity concept <> description of entity group/concept\nInput:\nIt cost $& and $1."
    )
  })
})

describe("structured", () => {
  test("both SDKs make the same JSON schema of it", () => {
    const Answer = Schema.Struct({
      entities: Schema.Array(
        Schema.Struct({
          entity: Schema.String.annotate({ description: "copied from the text" }),
          concept: Schema.String.annotate({ description: "its type" }),
          description: Schema.String.annotate({ description: "what that type is" })
        })
      )
    })
    expect<unknown>(structured.schema?.schema).toEqual(AnthropicStructuredOutput.toCodecAnthropic(Answer).jsonSchema)
  })

  test.each([
    ["plain", '{"entities":[{"entity":"Paris","concept":"city","description":"a place"}]}'],
    ["fenced", '```json\n{"entities":[{"entity":" Paris ","concept":"city","description":"a place"}]}\n```'],
    ["with talk around it", 'Sure: {"entities":[{"entity":"Paris","concept":"city","description":"a place"}]} Done.'],
    ["a bare list", '[{"entity":"Paris","concept":"city","description":"a place"}]']
  ])("reads %s", (_, answer) => {
    expect(parseEntities(answer).annotations).toEqual([{ entity: "Paris", concept: "city", description: "a place" }])
  })

  test("an empty list is an answer; broken JSON is rejected whole", () => {
    expect(parseEntities('{"entities":[]}')).toEqual({ annotations: [], rejected: [], ignored: 0 })
    expect(parseEntities('{"entities":[{"ent').rejected).toHaveLength(1)
  })

  test("10,000 fuzzed answers: never throws, and kept + rejected = elements", () => {
    const random = rng("fuzzed JSON")
    const values = ['"Paris"', '""', "null", "3", "[]", "{}", '" "', "true"]
    const pick = () => values[random.int(values.length)]
    for (let i = 0; i < 10_000; i++) {
      const n = random.int(6)
      const elements = Array.from({ length: n }, () =>
        random.int(4) === 0 ? pick() : `{"entity":${pick()},"concept":${pick()},"description":${pick()}}`
      )
      const answer = `{"entities":[${elements.join(",")}]}`
      const { annotations, rejected } = parseEntities(answer)
      expect(annotations.length + rejected.length).toBe(n)
      expect(() => parseEntities(answer.slice(0, random.int(answer.length)))).not.toThrow()
    }
  })
})

describe("in-context NER", () => {
  test("names types, definitions and examples, and ends with the sentence", () => {
    const [message] = ner.render("Rome fell.")
    for (const part of [
      "Entity types: person, city",
      "- city: a large town",
      "Text: Ada saw Paris.\nAnswer:\nAda <> person\nParis <> city"
    ]) {
      expect(message!.content).toContain(part)
    }
    expect(message!.content).toEndWith("Text: Rome fell.\nAnswer:")
  })

  test("keeps only its types; none is an answer", () => {
    expect(ner.parse("Rome <> City\nwine <> drink")).toEqual({
      annotations: [{ entity: "Rome", concept: "city" }],
      rejected: [{ line: "wine <> drink", reason: "unknown type" }],
      ignored: 0
    })
  })

  test.each(["None.", "**none**", "Answer: none", "none\n\nThere are no mentions.", "Answer:\nNone.\nNo person here."])(
    "%j says that there is nothing",
    (answer) => expect(ner.parse(answer)).toEqual({ annotations: [], rejected: [], ignored: 0 })
  )

  test.each(["none <> city", "none\nRome <> city", "None of these is in Rome."])("%j does not", (answer) => {
    const { annotations, rejected } = ner.parse(answer)
    expect(annotations.length + rejected.length).toBeGreaterThan(0)
  })

  test("other types, definitions or examples are another prompt; contradictions are refused", () => {
    expect(inContextNer({ types: ["person", "city"] }).hash).not.toBe(ner.hash)
    expect(() => inContextNer({ types: [] })).toThrow("types")
    expect(() => inContextNer({ types: ["a"], definitions: { b: "x" } })).toThrow("definitions")
    expect(() =>
      inContextNer({ types: ["a"], examples: [{ text: "t", entities: [{ entity: "t", type: "b" }] }] })
    ).toThrow("examples")
  })
})

test("UniversalNER: the conversation, and its JSON list", () => {
  const prompt = universalNer("city")
  expect(prompt.render("Rome fell.").map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"])
  expect(prompt.render("Rome fell.").at(-1)!.content).toBe("What describes city in the text?")
  expect(prompt.parse('["Rome", ""]')).toEqual({
    annotations: [{ entity: "Rome", concept: "city" }],
    rejected: [{ line: '""', reason: "empty entity" }],
    ignored: 0
  })
  expect(prompt.parse("[]").annotations).toEqual([])
  expect(prompt.parse("Rome").rejected).toHaveLength(1)
})
