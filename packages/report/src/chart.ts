import {
  areaY,
  axisX,
  dot,
  lineY,
  type Markish,
  type PlotOptions,
  plot,
  ruleY,
  selectLast,
  text
} from "@observablehq/plot"
import { parseHTML } from "linkedom"
import { Html, html } from "./html.ts"

/** A point of a line; `low` and `high` bound a band around it. */
export interface ChartPoint {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}

export interface ChartLine {
  readonly name: string
  readonly points: ReadonlyArray<ChartPoint>
  /** Whether each point has a mark that tells its numbers. Default false. */
  readonly dots?: boolean
}

export interface LineChart {
  /** What it shows, for those who cannot see it as well. */
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: ReadonlyArray<ChartLine>
  /** Default "linear". */
  readonly xScale?: "linear" | "log"
  /** Where the x axis has its ticks. */
  readonly ticks?: ReadonlyArray<number>
  /** In pixels. Default 640 and 300. */
  readonly width?: number
  readonly height?: number
  /** Whether the y axis begins at 0. Default false. */
  readonly zero?: boolean
  /** Whether each line's name stands at its end, for a drawing without a legend. Default false. */
  readonly named?: boolean
}

/** Okabe and Ito's colours without the extremes: told apart by the colour-blind, seen on white and on black. */
export const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#888888", "#e69f00", "#56b4e9", "#b8a800"]

/** Lines over numbers, each with the band that it has, as SVG. What is not finite is left out. */
export const lineChart = (chart: LineChart): Html => {
  const { height = 300, lines, named = false, ticks, title, width = 640, x, xScale = "linear", y, zero = false } = chart
  const finite = ({ x: at, y: value }: ChartPoint) => Number.isFinite(at) && Number.isFinite(value)
  const reached = lines.flatMap(({ points }) => points.filter(finite).map((point) => point.x))
  const ticked = ticks?.filter((tick) => tick >= Math.min(...reached) && tick <= Math.max(...reached))
  // Texts of their own: a log scale would leave out those of ticks that it finds too many.
  const axis = ticked === undefined ? [] : [axisX(ticked, { text: String, label: x })]
  const down = named ? namesDown(lines, height - 50) : []
  const marks = lines.flatMap(({ dots = false, name, points }, i): Array<Markish> => {
    const [stroke, dashes] = [colours[i % colours.length]!, i < colours.length ? "none" : "6 3"]
    const shown = points.filter(finite)
    const banded = shown.filter(({ high, low }) => low !== undefined && high !== undefined)
    const told = ({ high, low, x: at, y: value }: ChartPoint) =>
      `${name}, ${x} ${at}: ${round(value)}${low === undefined || high === undefined ? "" : ` (${round(low)} to ${round(high)})`}`
    return [
      ...(banded.length > 1 ? [areaY(banded, { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.15 })] : []),
      lineY(shown, { x: "x", y: "y", stroke, strokeWidth: 2, strokeDasharray: dashes }),
      ...(dots || shown.length === 1 ? [dot(shown, { x: "x", y: "y", fill: stroke, r: 3, title: told })] : []),
      ...(named
        ? [
            text(
              shown,
              selectLast({
                ...{ x: "x", y: "y", text: () => name, fill: stroke, textAnchor: "start", dx: 8, dy: down[i]! }
              })
            )
          ]
        : [])
    ]
  })
  return draw({
    ...{
      width,
      height,
      ariaLabel: title,
      grid: true,
      marginLeft: 52,
      marginRight: named ? 16 + 6 * Math.max(0, ...lines.map(({ name }) => name.length)) : 20,
      marks: [...(zero ? [ruleY([0])] : []), ...axis, ...marks]
    },
    x: { label: x, type: xScale, ...(ticked && { ticks: ticked }) },
    y: { label: y, nice: true }
  })
}

/** The height of a name, in pixels. */
const LINE = 11

/**
 * How far down each line's name is moved from the line's end, in pixels, so that no two names of a drawing so high overlap: the least moves,
 * squared, that leave a line of text between neighbours (isotonic regression by pooling adjacent violators).
 */
const namesDown = (lines: ReadonlyArray<ChartLine>, height: number): ReadonlyArray<number> => {
  const values = lines
    .flatMap(({ points }) => points.flatMap(({ high, low, y }) => [low ?? y, y, high ?? y]))
    .filter(Number.isFinite)
  const most = Math.max(...values)
  const pixels = height / (most - Math.min(...values) || 1)
  const ends = lines.map(({ points }) => (most - (points.at(-1)?.y ?? most)) * pixels)
  const order = Array.from(ends.keys()).toSorted((a, b) => ends[a]! - ends[b]!)
  const pools: Array<{ readonly mean: number; readonly names: number }> = []
  for (const [place, line] of order.entries()) {
    let pool = { mean: ends[line]! - place * LINE, names: 1 }
    for (let above = pools.at(-1); above !== undefined && above.mean > pool.mean; above = pools.at(-1)) {
      const names = above.names + pool.names
      pool = { mean: (above.mean * above.names + pool.mean * pool.names) / names, names }
      pools.pop()
    }
    pools.push(pool)
  }
  const put = pools.flatMap(({ mean, names }) => Array<number>(names).fill(mean))
  const down = ends.slice()
  for (const [place, line] of order.entries()) down[line] = Math.round(put[place]! + place * LINE - ends[line]!)
  return down
}

export interface ReliabilityBin {
  readonly score: number
  readonly precision: number
  readonly count: number
}

/** How often predictions are right by how sure they are, against the diagonal; the larger a disk, the more there are. */
export const reliabilityChart = (title: string, bins: ReadonlyArray<ReliabilityBin>): Html =>
  draw({
    ...{ width: 320, height: 320, ariaLabel: title, grid: true, marginLeft: 52 },
    x: { domain: [0, 1], label: "probability" },
    y: { domain: [0, 1], label: "right" },
    r: { range: [2, 14] },
    marks: [
      lineY([0, 1], { x: [0, 1], y: [0, 1], stroke: "currentColor", strokeOpacity: 0.4, strokeDasharray: "4 4" }),
      dot(bins, {
        x: "score",
        y: "precision",
        r: "count",
        fill: colours[0]!,
        fillOpacity: 0.6,
        title: ({ count, precision, score }: ReliabilityBin) =>
          `${count} entities, probability ${round(score)}: ${round(precision)} right`
      })
    ]
  })

const round = (value: number): string => String(Number(value.toPrecision(4)))

/** Plot's drawing on a document of its own: no browser is needed, and what comes out needs no script. */
const draw = ({ ariaLabel, ...options }: PlotOptions & { readonly ariaLabel: string }): Html => {
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const drawing = plot({ ...options, document, style: { background: "none" } })
  // The label is ours to escape: as XML, an attribute must not hold a "<".
  const attributes = html`xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${ariaLabel}"`
  // Within an image there is nothing to name, and names of groups without a role are faults.
  const parts = drawing.outerHTML.replaceAll(/(<g[^>]*?) aria-label="[^"]*"/g, "$1")
  return new Html(parts.replace("<svg", () => `<svg ${attributes.markup}`))
}
