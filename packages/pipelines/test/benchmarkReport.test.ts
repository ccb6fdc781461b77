import { describe, expect, test } from "bun:test"
import { signFlip } from "../src/benchmark/compare.ts"
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
const runs = Object.entries(scores).flatMap(([encoder, datasets]) =>
  Object.entries(datasets).flatMap(([dataset, sizes]) =>
    Object.entries(sizes).flatMap(([size, models]) =>
      models.flatMap((sets, model) =>
        sets.map(
          (tokenMacroF1, set): BenchmarkRun => ({
            ...{ dataset, encoder, model, unit: "k", size: Number(size), set, trainSentences: 3 },
            ...{ tokenMacroF1, entityMicroF1: tokenMacroF1 / 2, fit: "" }
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

  test("differences to the first encoder, set by set", () => {
    // 11, 11, 14 and 21, 25, 24: resampled means lie between least and greatest; with 3 sets p is 2 / 8.
    const [first, second] = cells(markdown, "## one", "NuNER − base")
    expect(first).toBe("+12.0 [+11.0, +14.0]")
    expect(second).toMatch(/^\+23\.3 \[\+21\.\d, \+2[45]\.\d\]$/)
    expect(cells(markdown, "## one", "p")).toEqual(["0.250", "0.250"])
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

describe("signFlip", () => {
  test("is exact for few differences", () => {
    expect(signFlip([1, 2, 3], 0)).toBe(2 / 8)
    // Sums of the eight signings: 6, 4, 2, 0 and their negatives; |2| or more: 6 of 8.
    expect(signFlip([1, -2, 3], 0)).toBe(6 / 8)
    expect(signFlip([0, 0], 0)).toBe(1)
    expect(signFlip(Array<number>(10).fill(1), 0)).toBe(2 / 1024)
  })

  test("is drawn for many, close to what all signings give", () => {
    // 15 equal differences: 13 of one sign and 2 of the other; the binomial's tails: 2 * (1 + 15 + 105) / 2^15.
    const differences = [...Array<number>(13).fill(1), -1, -1]
    expect(signFlip(differences, 1)).toBeCloseTo(242 / 32_768, 2)
    expect(signFlip(differences, 1)).toBe(signFlip(differences, 1))
  })
})

describe("learningCurves", () => {
  const svg = learningCurves(result)
  const attributes = (tag: string) =>
    Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, k, v]) => [k, v]))

  test("is well-formed XML", () => {
    expect(wellFormed(svg)).toBeUndefined()
    expect(wellFormed(svg.replace("</g>", ""))).toBeDefined()
  })

  test("has a point for each cell, where its mean is", () => {
    const groups = [...svg.matchAll(/<g data-encoder="([^"]+)"[\s\S]*?<\/g>/g)]
    const points = groups.map(([group, encoder]) => ({
      encoder,
      points: [...group!.matchAll(/<circle[^>]*>/g)]
        .map(([circle]) => attributes(circle))
        .map(({ cx, cy }) => [Number(cx), Number(cy)])
    }))
    expect(points.map(({ encoder, points }) => [encoder, points.length])).toEqual([
      ["base", 2],
      ["NuNER", 2],
      ["base", 1],
      ["NuNER", 1]
    ])
    // Panel one: 12 and 20 for base, 24 and 43.3 for NuNER; the vertical axis is linear and points down.
    const [base, nuner] = points.map(({ points }) => points) as [Array<[number, number]>, Array<[number, number]>]
    expect(base[0]![0]).toBe(nuner[0]![0])
    expect(base[1]![0]).toBeGreaterThan(base[0]![0])
    const unit = (base[0]![1] - base[1]![1]) / 8
    expect((base[0]![1] - nuner[0]![1]) / unit).toBeCloseTo(12, 0)
    expect((base[0]![1] - nuner[1]![1]) / unit).toBeCloseTo(43.33 - 12, 0)
    expect(svg).toContain("<title>NuNER, k = 4: 43.3 ± 2.1</title>")
    expect(svg).toContain(">two &amp; more</text>")
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
  return /<|&(?!amp;|lt;|gt;|quot;)/.test(rest) ? "a stray < or &" : undefined
}
