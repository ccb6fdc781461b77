import { html, lineChart } from "@nuner/report"
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

const [panelWidth, panelHeight] = [420, 280]

/**
 * F1 over the size of the training sets (log2) as SVG: a panel a dataset and one for their average, a line an encoder, the band one standard
 * deviation over sets to either side; in the manner of the paper's Figures 7 to 12.
 */
export const learningCurves = (result: BenchmarkResult): string => {
  const { definition } = result
  const panels = panelsOf(result)
  const columns = Math.min(3, panels.length)
  const [width, height] = [columns * panelWidth, Math.ceil(panels.length / columns) * panelHeight]
  const metric = metricNames[mainMetric(definition)]
  const drawn = panels.map(({ lines, title }, i) => {
    const chart = lineChart({
      ...{ title: `${title}: ${metric}`, x: unitOf(definition), y: `${metric} (%)`, xScale: "log", named: true },
      ...{ ticks: sizesOf(definition), width: panelWidth, height: panelHeight - 30 },
      lines: [...lines].map(([name, points]) => ({
        ...{ name, dots: true },
        points: points.map(({ deviation, mean, size }) => ({
          x: size,
          y: mean,
          low: mean - deviation,
          high: mean + deviation
        }))
      }))
    })
    const at = `translate(${(i % columns) * panelWidth} ${Math.floor(i / columns) * panelHeight})`
    return html`<g transform="${at}"><text x="10" y="18" font-size="14" font-weight="600">${title}</text><g transform="translate(0 30)">${chart}</g></g>`
  })
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img"><title>${metric} by ${unitOf(definition)}</title>${drawn}</svg>`.markup}\n`
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
