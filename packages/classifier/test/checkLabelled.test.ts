import { describe, expect, test } from "bun:test"
import { type LabelledSentence, readLabelled } from "@nuner/core"
import { withData } from "@nuner/testing"
import { checkLabelled, describeReport } from "../src/index.ts"

/** "[New York place] is big" */
const labelled = (marked: string): LabelledSentence => {
  const words: Array<string> = []
  const entities: Array<LabelledSentence["entities"][number]> = []
  for (const [, inside, word] of marked.matchAll(/\[([^\]]+)\]|(\S+)/g)) {
    if (word !== undefined) words.push(word)
    else {
      const parts = inside!.split(" ")
      entities.push({ start: words.length, end: words.length + parts.length - 1, type: parts.at(-1)! })
      words.push(...parts.slice(0, -1))
    }
  }
  return { words, entities }
}

const train = [
  "[New York place] is big",
  "the [New York paper] reported from York",
  "in [York place] , York is old",
  "[May person] may come in May",
  "I read New York today"
].map(labelled)

describe("checkLabelled", () => {
  const test1 = ["In  [york place] , York is old", "[Ada scientist] came", "I read New York today"].map(labelled)
  const report = checkLabelled(train, test1)

  test("counts", () => {
    expect(report).toMatchObject({ sentences: 5, words: 26, entities: 4 })
    expect(report.types).toEqual([
      { type: "paper", entities: 1, strings: 1 },
      { type: "person", entities: 1, strings: 1 },
      { type: "place", entities: 2, strings: 2 }
    ])
    expect(report.rare.map(({ type }) => type)).toEqual(["paper", "person"])
  })

  test("finds strings with several labels or none, but not inside a longer entity", () => {
    expect(report.inconsistent).toEqual([
      { text: "New York", types: { paper: 1, place: 1 }, unlabelled: 1, examples: [1, 0, 4] },
      { text: "May", types: { person: 1 }, unlabelled: 1, examples: [3, 3] },
      { text: "York", types: { place: 1 }, unlabelled: 3, examples: [2, 1] }
    ])
  })

  test("finds what the test data should not hold", () => {
    expect(report.leaked).toEqual([
      { test: 0, train: 2, text: "In york , York is old", sameLabels: true },
      { test: 2, train: 4, text: "I read New York today", sameLabels: true }
    ])
    expect(report.unseen).toEqual(["scientist"])
    expect(checkLabelled(train).leaked).toBeUndefined()
  })

  test("a sentence that stands in the training data twice is named by its first place; one without words leaks nothing", () => {
    const twice = ["nobody came", "[Ada person] came", "", "ada came", ""].map(labelled)
    expect(checkLabelled(twice, ["Ada came", ""].map(labelled)).leaked).toEqual([
      { test: 0, train: 1, text: "Ada came", sameLabels: false }
    ])
  })

  test("in words", () => {
    const lines = describeReport(report, 1)
    expect(lines).toEqual([
      "types with fewer than 2 examples: paper, and 1 more",
      'strings not labelled the same way everywhere: "New York" (paper 1x, place 1x, unlabelled 1x), and 2 more',
      'test sentences that also stand in the training data: 2 ("In york , York is old", and 1 more)',
      "types of the test data without a training example: scientist"
    ])
    const clean = ["[Ada person] met [Bob person]"].map(labelled)
    expect(describeReport(checkLabelled(clean, [labelled("nobody came")]))).toEqual([])
    expect(describeReport(checkLabelled([labelled("nobody came")]))).toEqual([
      "no entity at all: nothing can be learned"
    ])
  })
})

withData("JNLPBA: the test sentences that also stand in the training data", async (directory) => {
  const read = (file: string) => Array.fromAsync(readLabelled(`${directory}/few-shot/jnlpba/${file}`))
  const [train, test] = [await read("train.reconstructed.tsv"), await read("test.tsv")]
  const { leaked } = checkLabelled(train, test)
  // 106 word for word, 115 with case and spacing aside: both counted with a Python set of lines.
  const exact = leaked!.filter((leak) => train[leak.train]!.words.join(" ") === test[leak.test]!.words.join(" "))
  expect([exact.length, leaked!.length]).toEqual([106, 115])
})
