import { type ChartLine, type Html, lineChart } from "@nuner/report"

/** A loss after a number of optimizer steps. */
export interface LossPoint {
  readonly step: number
  readonly loss: number
}

export interface LossCurveInput {
  readonly title: string
  /** Of every step; shown as means of equal numbers of steps, at most 200 of them. */
  readonly training: ReadonlyArray<LossPoint>
  readonly validation: ReadonlyArray<LossPoint>
}

const POINTS = 200

/** Training and validation loss by step. */
export const lossLines = ({ training, validation }: Omit<LossCurveInput, "title">): Array<ChartLine> => {
  const points = (of: ReadonlyArray<LossPoint>) => of.map(({ loss, step }) => ({ x: step, y: loss }))
  return [
    { name: "training", points: points(means(training)) },
    { name: "validation", points: points(validation), dots: true }
  ]
}

/** Training and validation loss by step, as a drawing of its own. */
export const lossCurve = ({ title, ...input }: LossCurveInput): Html =>
  lineChart({ title, x: "optimizer steps", y: "loss", lines: lossLines(input), zero: true, named: true })

/** Means over runs of neighbouring steps. */
export const means = (points: ReadonlyArray<LossPoint>): Array<LossPoint> => {
  const size = Math.max(1, Math.ceil(points.length / POINTS))
  const out: Array<LossPoint> = []
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size)
    const loss = part.reduce((sum, point) => sum + point.loss, 0) / part.length
    out.push({ step: part.at(-1)!.step, loss })
  }
  return out
}
