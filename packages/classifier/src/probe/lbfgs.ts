/** A smooth function at a point: its value, and its gradient written into `gradient`. */
export type Objective = (point: Float64Array<ArrayBuffer>, gradient: Float64Array<ArrayBuffer>) => number

export interface LbfgsOptions {
  /** Stop after this many iterations. Default 200. */
  readonly maxIterations?: number
  /** Stop when the largest absolute gradient component falls to this. Default 1e-4. */
  readonly tolerance?: number
  /** Correction pairs kept. Default 10. */
  readonly memory?: number
  /**
   * How far a value may be off by rounding; the line search forgives as much (Berahas, Byrd & Nocedal 2019). Default 0.
   */
  readonly noise?: number
}

export interface LbfgsResult {
  readonly point: Float64Array<ArrayBuffer>
  readonly value: number
  readonly iterations: number
  /** Objective evaluations, line searches included. */
  readonly evaluations: number
  readonly converged: boolean
}

/**
 * Limited-memory BFGS (Nocedal & Wright, algorithm 7.5) with a bisecting weak-Wolfe line search (Lewis & Overton 2013).
 * Deterministic: the same objective and start give the same iterates.
 */
export const lbfgs = (
  objective: Objective,
  start: Float64Array<ArrayBuffer>,
  options: LbfgsOptions = {}
): LbfgsResult => {
  const { maxIterations = 200, tolerance = 1e-4, memory = 10, noise = 0 } = options
  const size = start.length
  let point = start.slice()
  let gradient = new Float64Array(size)
  let value = objective(point, gradient)
  let evaluations = 1
  const pairs: Array<{ s: Float64Array; y: Float64Array; rho: number }> = []
  let iterations = 0
  while (iterations < maxIterations && maxAbs(gradient) > tolerance) {
    const direction = twoLoop(gradient, pairs)
    const slope = dot(direction, gradient)
    if (!(slope < 0)) break
    const firstStep = pairs.length === 0 ? 1 / norm(gradient) : 1
    const next = lineSearch(objective, point, value + noise, direction, slope, firstStep)
    evaluations += next.evaluations
    if (!(next.value < value + noise)) break // The line search found nothing lower: float precision is spent.
    const s = new Float64Array(size)
    const y = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      s[i] = next.point[i]! - point[i]!
      y[i] = next.gradient[i]! - gradient[i]!
    }
    const curvature = dot(s, y)
    if (curvature > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature })
      if (pairs.length > memory) pairs.shift()
    }
    point = next.point
    gradient = next.gradient
    value = next.value
    iterations++
  }
  return { point, value, iterations, evaluations, converged: maxAbs(gradient) <= tolerance }
}

/** -H * gradient, where H is the inverse Hessian implied by the correction pairs. */
const twoLoop = (
  gradient: Float64Array<ArrayBuffer>,
  pairs: ReadonlyArray<{ s: Float64Array; y: Float64Array; rho: number }>
): Float64Array<ArrayBuffer> => {
  const q = gradient.slice()
  const alphas: Array<number> = []
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, rho } = pairs[k]!
    const alpha = rho * dot(s, q)
    alphas[k] = alpha
    addScaled(q, y, -alpha)
  }
  const last = pairs.at(-1)
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y))
  for (let i = 0; i < q.length; i++) q[i] = q[i]! * scale
  for (let k = 0; k < pairs.length; k++) {
    const { s, y, rho } = pairs[k]!
    addScaled(q, s, alphas[k]! - rho * dot(y, q))
  }
  for (let i = 0; i < q.length; i++) q[i] = -q[i]!
  return q
}

const lineSearch = (
  objective: Objective,
  origin: Float64Array<ArrayBuffer>,
  value0: number,
  direction: Float64Array<ArrayBuffer>,
  slope0: number,
  firstStep: number
) => {
  let low = 0
  let high = Number.POSITIVE_INFINITY
  let step = firstStep
  let evaluations = 0
  let point = origin
  let gradient = new Float64Array(origin.length)
  let value = value0
  while (evaluations < 30) {
    point = origin.slice()
    addScaled(point, direction, step)
    gradient = new Float64Array(origin.length)
    value = objective(point, gradient)
    evaluations++
    if (!(value <= value0 + 1e-4 * step * slope0)) high = step
    else if (dot(gradient, direction) < 0.9 * slope0) low = step
    else break
    step = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2
  }
  return { point, gradient, value, evaluations }
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const norm = (a: Float64Array): number => Math.sqrt(dot(a, a))
const maxAbs = (a: Float64Array): number => {
  let max = 0
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]!))
  return max
}
const addScaled = (a: Float64Array, b: Float64Array, scale: number): void => {
  for (let i = 0; i < a.length; i++) a[i] = a[i]! + scale * b[i]!
}
