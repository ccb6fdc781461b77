import { describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { countEntities, encodeCounts, pairedBootstrap } from "@nuner/metrics"
import { averageCell, type Cell } from "../src/benchmark/Cell.ts"
import { compare } from "../src/benchmark/compare.ts"
import { decodeDefinition } from "../src/benchmark/decodeDefinition.ts"
import { type BenchmarkResult, type BenchmarkRun, benchmarkReport, learningCurves, paperTables } from "../src/index.ts"

/** Token macro F1: encoder -> dataset -> size -> model -> set. */
const scores: Record<string, Record<string, Record<number, ReadonlyArray<ReadonlyArray<number>>>>> = {
  base: { one: { 1: [[10, 14, 12]], 4: [[20, 20, 20]] }, "two & more": { 1: [[30, 30, 36]] } },
  NuNER: {
    one: {
      1: [
        [20, 24, 22],
        [22, 26, 30]
      ],
      4: [
        [40, 44, 42],
        [42, 46, 46]
      ]
    },
    "two & more": {
      1: [
        [40, 40, 40],
        [40, 40, 46]
      ]
    }
  }
}
/** Counts of 200 sentences with an entity each, of which so many are right. */
const right = (correct: number) => {
  const sentences = (from: number) =>
    Array.from({ length: 200 }, (_, i) => ({ entities: [{ start: i < from ? 0 : 1, end: 2, type: "a" }] }))
  return countEntities(sentences(200), sentences(correct))
}

const runs = Object.entries(scores).flatMap(([encoder, datasets]) =>
  Object.entries(datasets).flatMap(([dataset, sizes]) =>
    Object.entries(sizes).flatMap(([size, models]) =>
      models.flatMap((sets, model) =>
        sets.map(
          (tokenMacroF1, set): BenchmarkRun => ({
            ...{ dataset, encoder, model, unit: "k", size: Number(size), set, trainSentences: 3 },
            ...{ tokenMacroF1, entityMicroF1: tokenMacroF1 / 2, fit: "" },
            words: encodeCounts(right(2 * tokenMacroF1)),
            entities: encodeCounts(right(tokenMacroF1))
          })
        )
      )
    )
  )
)
const report = (name: string, infeasible: ReadonlyArray<number>) => ({
  ...{
    name,
    types: ["a"],
    unseen: [],
    bareCeiling: 100,
    records: { in: 0, out: 0, dropped: {} },
    trainSentences: 9,
    testSentences: 5,
    removed: { "/x/text.txt": 2 },
    notDrawn: 0
  },
  infeasible: infeasible.map((size) => ({ size, reason: "too few" }))
})
const result: BenchmarkResult = {
  definition: decodeDefinition({
    encoders: { base: "b", NuNER: ["n0", "n1"] },
    datasets: { one: { train: "x", test: "y" }, "two & more": { train: "x", test: "y" } },
    ...{ k: [1, 4], sets: 3 }
  }),
  datasets: [report("one", []), report("two & more", [4])],
  runs
}

/** The cells of the row of this name under a heading, in the first table. */
const cells = (markdown: string, heading: string, row: string): Array<string> => {
  const section = markdown.slice(markdown.indexOf(`${heading}\n`))
  const line = section.split("\n").find((line) => line.startsWith(`| ${row} `))!
  return line
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim())
}

describe("benchmarkReport", () => {
  const markdown = benchmarkReport(result)

  test("means and deviations over sets, models averaged first", () => {
    // base: 10, 14, 12. NuNER by set: (20 + 22) / 2 = 21, 25, 26; (40 + 42) / 2 = 41, 45, 44.
    expect(cells(markdown, "## one", "base")).toEqual(["12.0 ± 2.0", "20.0 ± 0.0"])
    expect(cells(markdown, "## one", "NuNER")).toEqual(["24.0 ± 2.6", "43.3 ± 2.1"])
    // Means over sets: 22 and 26; 42 and 44.67.
    expect(cells(markdown, "## one", "NuNER, over 2 seeds ±")).toEqual(["2.8", "1.9"])
    expect(cells(markdown, "## two & more", "base")).toEqual(["32.0 ± 3.5", "–"])
    expect(markdown).toContain("k = 4: too few")
    expect(markdown).toContain("removed from the test set: 2 in text.txt")
  })

  test("differences to the first encoder, set by set, and how many survive Holm's correction", () => {
    // 11, 11, 14 and 21, 25, 24, and the sampling of 200 sentences.
    const [first, second] = cells(markdown, "## one", "NuNER − base")
    expect(first).toMatch(/^\+12\.0 \[\+[67]\.\d, \+1[67]\.\d\]$/)
    expect(second).toMatch(/^\+23\.3 \[\+1[67]\.\d, \+(29|30)\.\d\]$/)
    expect(cells(markdown, "## one", "p")).toEqual(["<0.0001", "<0.0001"])
    expect(markdown).toContain(
      "Of 3 differences to base (a dataset, a size, token macro F1) 3 survive Holm's correction at 0.05: 3 above 0, 0 below"
    )
  })

  test("averages over datasets with every size, and over those that have the size", () => {
    const average = markdown.slice(markdown.indexOf("## Average"), markdown.indexOf("## one"))
    expect(cells(average, "## Average over datasets", "base")).toEqual(["12.0 ± 2.0", "20.0 ± 0.0"])
    const rest = average.slice(average.indexOf("Over all that have"))
    expect(rest).toContain("k = 4 without two & more.")
    // Set by set (10 + 30) / 2 = 20, 22, 24; NuNER (21 + 40) / 2 = 30.5, 32.5, 34.5.
    expect(rest).toMatch(/\| base +\| +22\.0 ± 2\.0 \| +20\.0 ± 0\.0 \|/)
    expect(rest).toMatch(/\| NuNER +\| +32\.5 ± 2\.0 \| +43\.3 ± 2\.1 \|/)
  })

  test("the paper's numbers stand below ours", () => {
    expect(cells(markdown, "### Table 3: transfer of the frozen encoder (Figure 7)", "ours: NuNER")).toEqual([
      ...["32.50", "–", "43.33", "–", "–", "–", "–"]
    ])
    expect(cells(markdown, "### Table 3: transfer of the frozen encoder (Figure 7)", "paper: NuNER")[3]).toBe("64.78")
    const size = benchmarkReport({ ...result, definition: { ...result.definition, paper: [6] } })
    expect(size).not.toContain("### Table 3")
    expect(
      cells(size, "### Table 6: effect of the size of the pre-training data (Figure 10)", "paper: 1,000 sentences")
    ).toHaveLength(7)
  })

  test("beside numbers of one dataset stand ours of one dataset", () => {
    const full = { ...result.definition, protocol: { type: "full" } }
    const markdown = benchmarkReport({ ...result, definition: decodeDefinition(full) })
    expect(cells(markdown, "### Table 8: datasets of Table 2, k = 8", "ours: one, NuNER")).toEqual([
      "12.00",
      "21.67",
      "–"
    ])
  })

  test("of a run that is not finished: what there is", () => {
    const half = benchmarkReport({ ...result, runs: runs.filter(({ model, set }) => model === 0 && set < 2) })
    expect(cells(half, "## one", "base")).toEqual(["12.0 ± 2.8", "20.0 ± 0.0"])
    expect(cells(half, "## one", "NuNER")).toEqual(["–", "–"])
    expect(benchmarkReport({ ...result, runs: [] })).toContain("## one")
  })
})

test("the paper's averages over datasets agree with its tables by dataset", () => {
  const table = (number: number) => paperTables.find((table) => table.number === number)!
  for (const [number, size] of [
    [8, 8],
    [9, 64]
  ] as const) {
    for (const model of ["NuNER", "UniversalNER"]) {
      const values = Object.entries(table(number).rows).flatMap(([name, row]) =>
        name.endsWith(`, ${model}`) ? [Number.parseFloat(row[size]!)] : []
      )
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      expect(values).toHaveLength(4)
      expect(Math.abs(mean - Number.parseFloat(table(2).rows[model]![size]!))).toBeLessThan(0.011)
    }
  }
  expect(table(3).rows.NuNER).toEqual(table(7).rows.NuNER!)
})

describe("compare", () => {
  const cell = (sets: ReadonlyArray<number>, draws: ReadonlyArray<Float64Array>): Cell => ({
    sets: new Map(sets.entries()),
    models: [],
    draws: () => new Map(draws.entries())
  })

  test("of one set: the paired bootstrap over sentences", () => {
    const [a, b] = [right(60), right(30)]
    const { low, high, p } = pairedBootstrap({ a, b, seed: 1, resamples: 1000 })
    const many = { ...result, definition: decodeDefinition({ ...result.definition, encoders: { a: "a", b: "b" } }) }
    const one = (encoder: string, counts: typeof a): BenchmarkRun => ({
      ...{ ...runs[0]!, dataset: "one", encoder, words: encodeCounts(counts), tokenMacroF1: counts === a ? 30 : 15 }
    })
    const table = benchmarkReport({ ...many, runs: [one("a", a), one("b", b)] })
    const [told] = cells(table, "## one", "b − a")
    const [, from, to] = /^−15\.0 \[−([\d.]+), −([\d.]+)\]$/.exec(told!)!
    expect(Math.abs(Number(from) - 100 * high)).toBeLessThan(1)
    expect(Math.abs(Number(to) - 100 * low)).toBeLessThan(1)
    expect(p).toBeLessThan(0.01)
  })

  test("of several sets: their spread has the standard error of a mean, also of few", () => {
    const still = (value: number) => new Float64Array(4000).fill(value / 100)
    const [low, high] = [
      [10, 14, 12],
      [21, 25, 26]
    ] as const
    const found = compare(cell(high, high.map(still)), cell(low, low.map(still)))!
    // Differences 11, 11, 14: mean 12, deviation 3^0.5, standard error 1, two degrees of freedom.
    expect(found).toMatchObject({ difference: 12, sets: 3 })
    expect(found.high - 12).toBeCloseTo(4.302652729749462, 8)
    expect(12 - found.low).toBeCloseTo(4.302652729749462, 8)
    expect(found.p).toBeCloseTo(0.00687293367715846, 12)
    expect(compare(cell([3, 3], [still(3), still(3)]), cell([3, 3], [still(3), still(3)]))).toMatchObject({
      p: 1,
      low: 0
    })
  })

  test("of encoders that do not differ, one in twenty differences has p < 0.05 and an interval without 0, however few the sets", () => {
    const random = rng("no difference")
    const share = (sets: number, sentences: number) => {
      const draw = (size: number) => Array.from({ length: size }, () => random.normal())
      const times = 2000
      let [rejected, outside] = [0, 0]
      for (let n = 0; n < times; n++) {
        const common = random.normal() * sentences
        const values = draw(sets).map((value) => value + common)
        const noise = draw(200).map((value) => value * sentences)
        const draws = values.map((value) => Float64Array.from(noise, (shift) => (value + shift) / 100))
        const zero = cell(
          values.map(() => 0),
          values.map(() => new Float64Array(200))
        )
        const { high, low, p } = compare(cell(values, draws), zero)!
        if (p < 0.05) rejected++
        if (low > 0 || high < 0) outside++
      }
      expect(outside).toBe(rejected)
      return rejected / times
    }
    // An average over two datasets knows the spread of sets from both.
    const still = (values: ReadonlyArray<number>) =>
      cell(
        values,
        values.map(() => new Float64Array(4))
      )
    const average = averageCell([still([10, 14, 12]), still([5, 1, 3])])!
    const nothing = averageCell([still([0, 0, 0]), still([0, 0, 0])])!
    const { difference, high } = compare(average, nothing)!
    // Each of variance 4 over three sets: (4 / 3 + 4 / 3) / 4, with four degrees of freedom.
    expect(difference).toBe(7.5)
    expect(high - difference).toBeCloseTo(2.7764451051977934 * Math.sqrt(2 / 3), 8)
    for (const sets of [2, 3, 5]) expect(Math.abs(share(sets, 0) - 0.05)).toBeLessThan(0.015)
    for (const sets of [2, 5]) expect(share(sets, 1)).toBeLessThan(0.065)
  })
})

interface Point {
  readonly x: number
  readonly y: number
}

describe("learningCurves", () => {
  const svg = learningCurves(result)
  test("is well-formed XML", () => {
    expect(wellFormed(svg)).toBeUndefined()
    expect(wellFormed(svg.replace("</g>", ""))).toBeDefined()
  })

  test("has a point for each cell, where its mean is", () => {
    const points = [...svg.matchAll(/<circle[^>]*><title>(\w+), k (\d+): ([\d.]+)/g)].map(
      ([tag, encoder, size, value]) => {
        const at = (name: string) => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(tag!)![1])
        return { encoder, size: Number(size), value: Number(value), x: at("cx"), y: at("cy") }
      }
    )
    expect(points.map(({ encoder, size, value }) => [encoder, size, value])).toMatchObject([
      ["base", 1, 12],
      ["base", 4, 20],
      ["NuNER", 1, 24],
      ["NuNER", 4, 43.33],
      ["base", expect.any(Number), expect.any(Number)],
      ["NuNER", expect.any(Number), expect.any(Number)]
    ])
    const [base, base4, nuner, nuner4] = points as unknown as [Point, Point, Point, Point]
    // Panel one: 12 and 20 for base, 24 and 43.3 for NuNER; the vertical axis is linear and points down.
    expect(base.x).toBe(nuner.x)
    expect(base4.x).toBeGreaterThan(base.x)
    const unit = (base.y - base4.y) / 8
    expect((base.y - nuner.y) / unit).toBeCloseTo(12, 0)
    expect((base.y - nuner4.y) / unit).toBeCloseTo(43.33 - 12, 0)
    expect(svg).toMatch(/<title>NuNER, k 4: 43\.33 \(41\.2\d to 45\.4\d\)<\/title>/)
    expect(svg).toContain(">two &#38; more</text>")
  })

  test("has a panel for the average where several datasets have every size", () => {
    const both = { ...result, datasets: [report("one", []), report("two & more", [])] }
    expect(learningCurves(both)).toContain(">Average</text>")
    expect(svg).not.toContain("Average")
  })
})

/** What is wrong with an XML document, if anything: tags that do not close, stray `<` or `&`. */
const wellFormed = (xml: string): string | undefined => {
  const open: Array<string> = []
  const rest = xml.replace(/<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, end, name, __, empty) => {
    if (end === "/" && open.pop() !== name) open.push(`closed ${name}`)
    if (end === "" && empty === "") open.push(name)
    return ""
  })
  if (open.length > 0) return `open: ${open.join(", ")}`
  return /<|&(?!amp;|lt;|gt;|quot;|#\d+;)/.test(rest) ? "a stray < or &" : undefined
}
