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

const WIDTH = 720
const HEIGHT = 400
const LEFT = 70
const RIGHT = 20
const TOP = 50
const BOTTOM = 50
const POINTS = 200

/** Training and validation loss by step, as an SVG drawing. */
export const lossCurve = ({ title, training, validation }: LossCurveInput): string => {
  const smooth = means(training)
  const all = [...smooth, ...validation].filter(({ loss }) => Number.isFinite(loss))
  const lastStep = Math.max(1, ...all.map(({ step }) => step))
  const top = Math.max(1e-9, ...all.map(({ loss }) => loss))
  const x = (step: number) => LEFT + (step / lastStep) * (WIDTH - LEFT - RIGHT)
  const y = (loss: number) => HEIGHT - BOTTOM - (loss / top) * (HEIGHT - TOP - BOTTOM)
  const path = (points: ReadonlyArray<LossPoint>) =>
    points
      .filter(({ loss }) => Number.isFinite(loss))
      .map(({ loss, step }, i) => `${i === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(loss).toFixed(1)}`)
      .join("")
  const text = (at: { x: number; y: number }, anchor: string, content: string) =>
    `<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" text-anchor="${anchor}">${escaped(content)}</text>`
  const rows = ticks(top).flatMap((loss) => [
    `<path d="M${LEFT} ${y(loss).toFixed(1)}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
    text({ x: LEFT - 8, y: y(loss) + 4 }, "end", String(loss))
  ])
  const columns = ticks(lastStep).map((step) => text({ x: x(step), y: HEIGHT - BOTTOM + 20 }, "middle", String(step)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text({ x: LEFT, y: 24 }, "start", title),
    ...rows,
    ...columns,
    text({ x: WIDTH - RIGHT, y: HEIGHT - 10 }, "end", "optimizer steps"),
    `<path d="${path(smooth)}" fill="none" stroke="#4477aa" stroke-width="1.5"/>`,
    `<path d="${path(validation)}" fill="none" stroke="#ee6677" stroke-width="2"/>`,
    ...validation
      .filter(({ loss }) => Number.isFinite(loss))
      .map(({ loss, step }) => `<circle cx="${x(step).toFixed(1)}" cy="${y(loss).toFixed(1)}" r="3" fill="#ee6677"/>`),
    `<g fill="#4477aa">${text({ x: WIDTH - RIGHT, y: 24 }, "end", "training loss")}</g>`,
    `<g fill="#ee6677">${text({ x: WIDTH - RIGHT, y: 40 }, "end", "validation loss")}</g>`,
    "</svg>",
    ""
  ].join("\n")
}

/** Means over runs of neighbouring steps. */
const means = (points: ReadonlyArray<LossPoint>): Array<LossPoint> => {
  const size = Math.max(1, Math.ceil(points.length / POINTS))
  const out: Array<LossPoint> = []
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size)
    const loss = part.reduce((sum, point) => sum + point.loss, 0) / part.length
    out.push({ step: part.at(-1)!.step, loss })
  }
  return out
}

/** Round numbers from 0 to `most`: 4 to 8 of them. */
const ticks = (most: number): Array<number> => {
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
