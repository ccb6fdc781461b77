import { expect, test } from "bun:test"
import { modelCard } from "../src/index.ts"

const card = modelCard({
  name: 'NuNER "tiny": a test',
  description: "Made by hand.",
  license: "apache-2.0",
  base: "FacebookAI/roberta-base",
  datasets: ["numind/NuNER", "our own 300 sentences"],
  metrics: [{ dataset: "MIT Movie", metric: "f1", value: 0.5 }],
  settings: { tau: 5, "concept text": "folded | trimmed", layers: [-1, -7] }
})

test("the head is YAML that says what the hub asks", () => {
  const head = Bun.YAML.parse(card.split("---\n")[1]!) as Record<string, unknown>
  expect(head).toMatchObject({
    license: "apache-2.0",
    language: ["en"],
    base_model: "FacebookAI/roberta-base",
    datasets: ["numind/NuNER"],
    pipeline_tag: "feature-extraction"
  })
  expect(head["model-index"]).toEqual([
    {
      name: 'NuNER "tiny": a test',
      results: [
        {
          task: { type: "token-classification" },
          dataset: { name: "MIT Movie", type: "MIT Movie" },
          metrics: [{ type: "f1", value: 0.5 }]
        }
      ]
    }
  ])
})

test("the text holds data, settings and results", () => {
  expect(card).toContain("- our own 300 sentences")
  expect(card).toContain("| concept text | folded \\| trimmed |")
  expect(card).toContain("| layers | -1, -7 |")
  expect(card).toContain("| MIT Movie | f1 | 0.5 |")
})

test("a licence that the hub would not read, or a number that is none, is refused", () => {
  expect(() => modelCard({ name: "a", description: "", license: "Apache 2" })).toThrow("license")
  const metrics = [{ dataset: "d", metric: "f1", value: Number.NaN }]
  expect(() => modelCard({ name: "a", description: "", license: "mit", metrics })).toThrow("f1 on d")
})
