import type { BenchmarkResult } from "../benchmark/BenchmarkEvent.ts"
import { averageCell, cellsOf, overSets } from "../benchmark/Cell.ts"
import { sizesOf, unitOf } from "../benchmark/decodeDefinition.ts"
import { mainMetric, metricNames } from "../benchmark/Run.ts"

/** A point of a learning curve: mean over sets, in percent, and standard deviation over sets. */
interface Point {
  readonly size: number
  readonly mean: number
  readonly deviation: number
}
interface Panel {
  readonly title: string
  /** Encoder -> points, by ascending size. */
  readonly lines: ReadonlyMap<string, ReadonlyArray<Point>>
}

/** Okabe and Ito's colours without the extremes: told apart by the colour-blind, seen on white and on black. */
const colours = ["#888888", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800"]
const panelWidth = 300
const panelHeight = 220
const margin = { left: 46, right: 14, top: 30, bottom: 42 }

/**
 * F1 over the size of the training sets (log2) as SVG: a panel a dataset and one for their average, a line an encoder, the band one standard
 * deviation over sets to either side; in the manner of the paper's Figures 7 to 12.
 */
export const learningCurves = (result: BenchmarkResult): string => {
  const { definition } = result
  const encoders = Object.keys(definition.encoders)
  const sizes = sizesOf(definition)
  const panels = panelsOf(result)
  const columns = Math.min(3, panels.length)
  const legend = legendOf(encoders, columns * panelWidth)
  const width = columns * panelWidth
  const height = legend.height + Math.ceil(panels.length / columns) * panelHeight
  const drawn = panels.map((panel, i) => {
    const [x, y] = [(i % columns) * panelWidth, legend.height + Math.floor(i / columns) * panelHeight]
    const body = panelOf(panel, encoders, sizes, {
      metric: metricNames[mainMetric(result.definition)],
      unit: unitOf(definition)
    })
    return `<g transform="translate(${x} ${y})">${body}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${xml(`${metricNames[mainMetric(result.definition)]} by ${unitOf(definition)}`)}</title>`,
    "<style>text{font:12px system-ui,sans-serif;fill:#6b7280}.title{font-size:14px;font-weight:600}.axis{stroke:#6b7280}",
    ".grid{stroke:#6b7280;stroke-opacity:.25}@media(prefers-color-scheme:dark){text{fill:#9ca3af}.axis,.grid{stroke:#9ca3af}}</style>",
    legend.svg,
    ...drawn,
    "</svg>\n"
  ].join("\n")
}

const panelsOf = (result: BenchmarkResult): Array<Panel> => {
  const { datasets, definition } = result
  const sizes = sizesOf(definition)
  const cells = cellsOf(result, mainMetric(result.definition))
  const panel = (title: string, names: ReadonlyArray<string>): Panel => ({
    title,
    lines: new Map(
      Object.keys(definition.encoders).map((encoder) => [
        encoder,
        sizes.flatMap((size): Array<Point> => {
          const cell = averageCell(names.map((name) => cells(name, encoder, size)))
          if (cell === undefined) return []
          const { mean, standardDeviation } = overSets(cell)
          return [{ size, mean, deviation: standardDeviation ?? 0 }]
        })
      ])
    )
  })
  const panels = datasets.map(({ name }) => panel(name, [name]))
  // Over datasets with every size: a curve whose points are means over different datasets has a shape that says nothing.
  const whole = datasets.filter(({ infeasible }) => infeasible.length === 0)
  if (whole.length < 2) return panels
  const names = whole.map(({ name }) => name)
  return [
    ...panels,
    panel(whole.length === datasets.length ? "Average" : `Average of ${whole.length} with every size`, names)
  ]
}

const panelOf = (
  { lines, title }: Panel,
  encoders: ReadonlyArray<string>,
  sizes: ReadonlyArray<number>,
  { metric, unit }: { readonly metric: string; readonly unit: string }
): string => {
  const [left, right] = [margin.left, panelWidth - margin.right]
  const [top, bottom] = [margin.top, panelHeight - margin.bottom]
  const points = [...lines.values()].flat()
  const { max, min, step } = niceRange(
    points.map(({ deviation, mean }) => mean - deviation),
    points.map(({ deviation, mean }) => mean + deviation)
  )
  const log = (size: number) => Math.log2(size)
  const [from, to] = [log(sizes[0]!), log(sizes.at(-1)!)]
  const x = (size: number) =>
    round(to === from ? (left + right) / 2 : left + ((log(size) - from) / (to - from)) * (right - left))
  const y = (value: number) => round(bottom - ((value - min) / (max - min)) * (bottom - top))
  const parts = [`<text class="title" x="${left}" y="18">${xml(title)}</text>`]
  for (let tick = min; tick <= max + 1e-9; tick += step) {
    parts.push(`<line class="grid" x1="${left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/>`)
    parts.push(`<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${round(tick)}</text>`)
  }
  for (const size of sizes) {
    parts.push(`<line class="axis" x1="${x(size)}" x2="${x(size)}" y1="${bottom}" y2="${bottom + 4}"/>`)
    parts.push(`<text x="${x(size)}" y="${bottom + 17}" text-anchor="middle">${size}</text>`)
  }
  parts.push(`<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`)
  parts.push(`<text x="${(left + right) / 2}" y="${bottom + 33}" text-anchor="middle">${unit}</text>`)
  parts.push(
    `<text transform="translate(12 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${xml(metric)} (%)</text>`
  )
  for (const [i, encoder] of encoders.entries()) {
    const curve = lines.get(encoder) ?? []
    if (curve.length === 0) continue
    const path = (values: ReadonlyArray<readonly [number, number]>) => values.map((pair) => pair.join(",")).join(" ")
    const upper = curve.map(({ deviation, mean, size }) => [x(size), y(mean + deviation)] as const)
    const lower = curve.map(({ deviation, mean, size }) => [x(size), y(mean - deviation)] as const)
    const middle = curve.map(({ mean, size }) => [x(size), y(mean)] as const)
    const colour = colours[i % colours.length]!
    parts.push(`<g data-encoder="${xml(encoder)}" fill="${colour}" stroke="${colour}">`)
    parts.push(`<polygon points="${path([...upper, ...lower.reverse()])}" fill-opacity=".15" stroke="none"/>`)
    parts.push(`<polyline points="${path(middle)}" fill="none" stroke-width="2"${dashes(i)}/>`)
    for (const [n, { deviation, mean, size }] of curve.entries()) {
      const [cx, cy] = middle[n]!
      const told = `${encoder}, ${unit} = ${size}: ${mean.toFixed(1)} ± ${deviation.toFixed(1)}`
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3" stroke="none"><title>${xml(told)}</title></circle>`)
    }
    parts.push("</g>")
  }
  return parts.join("\n")
}

/** Beyond the colours, a second round is dashed. */
const dashes = (i: number): string => (i < colours.length ? "" : ' stroke-dasharray="6 3"')

const legendOf = (
  encoders: ReadonlyArray<string>,
  width: number
): { readonly svg: string; readonly height: number } => {
  const parts: Array<string> = []
  let [x, line] = [margin.left, 0]
  for (const [i, encoder] of encoders.entries()) {
    const space = 44 + 7 * encoder.length
    if (x > margin.left && x + space > width) [x, line] = [margin.left, line + 1]
    const y = 18 + 20 * line
    const colour = colours[i % colours.length]!
    parts.push(`<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"${dashes(i)}/>`)
    parts.push(`<circle cx="${x + 11}" cy="${y}" r="3" fill="${colour}"/>`)
    parts.push(`<text x="${x + 28}" y="${y + 4}">${xml(encoder)}</text>`)
    x += space
  }
  return { svg: parts.join("\n"), height: 34 + 20 * line }
}

/** A range of round numbers around values, and a step that cuts it into about five. */
const niceRange = (lows: ReadonlyArray<number>, highs: ReadonlyArray<number>) => {
  const low = Math.max(
    0,
    lows.reduce((a, b) => Math.min(a, b), 100)
  )
  const high = Math.min(
    100,
    highs.reduce((a, b) => Math.max(a, b), 0)
  )
  const step = [1, 2, 5, 10, 20, 50].find((step) => step * 6 >= high - low) ?? 50
  const min = step * Math.floor(low / step)
  return { min, max: Math.max(min + step, step * Math.ceil(high / step)), step }
}

const round = (value: number): number => Math.round(10 * value) / 10
const xml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!)
