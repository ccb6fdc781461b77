import { EngineError } from "../EngineError.ts"
import type { AdamWStep } from "../optim/adamW.ts"
import type { BufferPool, NativeBuffer } from "./BufferPool.ts"
import { Graph } from "./Graph.ts"
import type { Handle } from "./OrtApi.ts"
import type { Runtime } from "./Runtime.ts"
import { Session } from "./Session.ts"

/** Elements of a piece: its vectors and temporaries (1 MB each) stay in the last-level cache. Smaller ones were slower. */
const pieceSize = 2 ** 18

/** Scalars that the graph takes besides the four vectors, in this order. */
const scalars = {
  b1: ({ b1 }: AdamWStep) => b1,
  oneLessB1: ({ b1 }: AdamWStep) => 1 - b1,
  b2: ({ b2 }: AdamWStep) => b2,
  oneLessB2: ({ b2 }: AdamWStep) => 1 - b2,
  // m / (sqrt(v / c2) + eps) = sqrt(c2) m / (sqrt(v) + sqrt(c2) eps): one pass less over v.
  eps: ({ eps, c2 }: AdamWStep) => Math.sqrt(c2) * eps,
  rate: ({ lr, c1, c2 }: AdamWStep) => (Math.sqrt(c2) * lr) / c1,
  decay: ({ lr, wd }: AdamWStep) => 1 - lr * wd
}

/**
 * AdamW's update written over parameter and moments, piece by piece:
 * `m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2; p <- p (1 - lr wd) - lr / c1 * m / (sqrt(v / c2) + eps)`.
 */
export class InPlaceAdamW {
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #numbers: Float32Array
  readonly #scalars: readonly Handle[]

  constructor(runtime: Runtime, pool: BufferPool) {
    this.#runtime = runtime
    this.#session = build(runtime)
    const count = Object.keys(scalars).length
    const memory = pool.take(count * 4)
    this.#numbers = new Float32Array(memory.array, 0, count)
    this.#scalars = Array.from({ length: count }, (_, i) => runtime.tensor(memory.address + i * 4, 4, [], "float32"))
  }

  /** Buffers of `size` numbers each. */
  update(buffers: readonly NativeBuffer[], size: number, numbers: AdamWStep): void {
    if (!Object.values(numbers).every(Number.isFinite)) {
      throw new EngineError(`adamw: a number is not finite: ${JSON.stringify(numbers)}`)
    }
    for (const [i, scalar] of Object.values(scalars).entries()) this.#numbers[i] = scalar(numbers)
    for (let start = 0; start < size; start += pieceSize) {
      const length = Math.min(pieceSize, size - start)
      const vectors = buffers.map(({ address }) =>
        this.#runtime.tensor(address + start * 4, length * 4, [length], "float32")
      )
      this.#session.run([...vectors, ...this.#scalars], vectors.slice(0, 3))
      for (const vector of vectors) this.#runtime.api.release("ReleaseValue", vector)
    }
  }
}

function build(runtime: Runtime): Session {
  const graph = new Graph()
  const vector = () => graph.input("float32", 1)
  const [p, m, v, g] = [vector(), vector(), vector(), vector()]
  const given = Object.fromEntries(Object.keys(scalars).map((name) => [name, graph.input("float32", 0)]))
  const { b1, oneLessB1, b2, oneLessB2, eps, rate, decay } = given as Record<keyof typeof scalars, string>
  const mul = (a: string, b: string) => graph.op("Mul", [a, b])
  const add = (a: string, b: string) => graph.op("Add", [a, b])
  const newM = add(mul(m, b1), mul(g, oneLessB1))
  const newV = add(mul(v, b2), mul(mul(g, g), oneLessB2))
  const deviation = add(graph.op("Sqrt", [newV]), eps)
  const newP = graph.op("Sub", [mul(p, decay), mul(graph.op("Div", [newM, deviation]), rate)])
  const results = [newP, newM, newV]
  for (const result of results) graph.output(result, "float32", 1)
  return new Session(runtime, graph.encode(), [p, m, v, g, ...Object.values(given)], results)
}
