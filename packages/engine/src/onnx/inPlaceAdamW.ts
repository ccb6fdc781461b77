import { EngineError } from "../EngineError.ts"
import type { AdamWStep } from "../optim/adamW.ts"
import { vector } from "../simd/wasm.ts"
import type { NativeBuffer } from "./BufferPool.ts"
import type { VectorWorker } from "./simd/VectorWorker.ts"
import { vectorLoop } from "./simd/vectorLoop.ts"

/** Numbers that the loop takes besides the four vectors, in this order. */
const scalars = [
  ({ b1 }: AdamWStep) => b1,
  // The scale of the gradient goes into the numbers that it is multiplied by anyway.
  ({ b1, scale }: AdamWStep) => (1 - b1) * scale,
  ({ b2 }: AdamWStep) => b2,
  ({ b2, scale }: AdamWStep) => (1 - b2) * scale ** 2,
  // m / (sqrt(v / c2) + eps) = sqrt(c2) m / (sqrt(v) + sqrt(c2) eps): one division less.
  ({ eps, c2 }: AdamWStep) => Math.sqrt(c2) * eps,
  ({ lr, c1, c2 }: AdamWStep) => (Math.sqrt(c2) * lr) / c1,
  ({ lr, wd }: AdamWStep) => 1 - lr * wd
]

/**
 * AdamW's update of parameter p and moments m and v from gradient g, in one pass:
 * `m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2; p <- p (1 - lr wd) - lr / c1 * m / (sqrt(v / c2) + eps)`.
 */
export const adamwLoop = vectorLoop(4, scalars.length, ({ element, scalar, keep, store }) => {
  const { add, sub, mul, div, sqrt } = vector
  const [p, m, v, g] = [0, 1, 2, 3] as const
  const [b1, oneLessB1, b2, oneLessB2, eps, rate, decay] = scalars.map((_, i) => scalar(i))
  const gradient = keep(element(g))
  const mean = keep(add(mul(element(m), b1!), mul(gradient, oneLessB1!)))
  const square = keep(add(mul(element(v), b2!), mul(mul(gradient, gradient), oneLessB2!)))
  store(m, mean)
  store(v, square)
  store(p, sub(mul(element(p), decay!), mul(div(mean, add(sqrt(square), eps!)), rate!)))
})

/** A parameter, both moments and the gradient, of `size` numbers each. */
export interface InPlaceUpdate {
  readonly buffers: readonly NativeBuffer[]
  readonly size: number
  readonly numbers: AdamWStep
}

/** Runs AdamW's updates over parameters and moments where they lie. */
export function runAdamW(worker: VectorWorker, updates: readonly InPlaceUpdate[]): void {
  for (const { numbers } of updates) {
    if (!Object.values(numbers).every(Number.isFinite)) {
      throw new EngineError(`adamw: a number is not finite: ${JSON.stringify(numbers)}`)
    }
  }
  worker.run(
    updates.map(({ buffers, size, numbers }) => ({ buffers, size, scalars: scalars.map((scalar) => scalar(numbers)) }))
  )
}
