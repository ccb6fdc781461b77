import { readJsonl } from "@nuner/core"
import { bootstrap, decodeCounts } from "@nuner/metrics"
import { type ChartPoint, figure, legend, lineChart, type Section, table } from "@nuner/report"
import { type Metric, metricNames, Run } from "../../benchmark/Run.ts"

/** Learning curves of a log of runs, as the paper's Figures 7 to 13: a chart a dataset and metric, with bootstrap intervals over sets and test sentences. */
export const runSections = async (log: string): Promise<Array<Section>> => {
  const runs = await Array.fromAsync(readJsonl(log, Run))
  const [datasets, encoders] = (["dataset", "encoder"] as const).map((key) => [...new Set(runs.map((run) => run[key]))])
  const sizes = [...new Set(runs.map(({ size }) => size))].sort((a, b) => a - b)
  return datasets!.map((dataset) => ({
    title: dataset,
    body: (Object.keys(metricNames) as Array<Metric>).flatMap((metric) => {
      const lines = encoders!.map((name) => ({
        ...{ name, dots: true },
        points: sizes.flatMap((size): Array<ChartPoint> => {
          const those = runs.filter((run) => run.dataset === dataset && run.encoder === name && run.size === size)
          if (those.length === 0) return []
          const counts = those.map((run) => decodeCounts(metric === "tokenMacroF1" ? run.words : run.entities))
          const of = metric === "tokenMacroF1" ? "macroF1" : "microF1"
          const { estimate, high, low } = bootstrap({ counts, metric: of, over: "both", resamples: 300, seed: 0 })
          return [{ x: size, y: 100 * estimate, low: 100 * low, high: 100 * high }]
        })
      }))
      const { unit } = runs[0]!
      return [
        figure(
          `${metricNames[metric]} in percent; bands: 95 % by bootstrap over sets and test sentences`,
          legend(encoders!),
          lineChart({
            ...{ title: `${metricNames[metric]} on ${dataset}`, x: unit, y: `${metricNames[metric]} (%)`, lines },
            ...{ xScale: "log", ticks: sizes }
          })
        ),
        table(
          [metricNames[metric], ...sizes.map(String)],
          lines.map(({ name, points }) => [
            name,
            ...sizes.map((size) => {
              const point = points.find(({ x }) => x === size)
              return point === undefined
                ? "–"
                : `${point.y.toFixed(1)} [${point.low!.toFixed(1)}, ${point.high!.toFixed(1)}]`
            })
          ])
        )
      ]
    })
  }))
}
