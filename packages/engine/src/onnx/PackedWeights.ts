import type { TensorData } from "./OnnxBackend.ts"

/** Bytes of weights that are kept a second time, compiled in. */
const mostBytes = 2 ** 31

/** Bytes dropped after which the C library is made to give memory back; also when nothing is left. */
const trimAfter = 2 ** 26

/** What was compiled with the numbers of a tensor in it, for as long as the tensor lives and keeps its numbers. */
export class PackedWeights<V> {
  readonly #entries = new Map<TensorData, Map<string, V>>()
  readonly #dropped: (value: V) => void
  readonly #trim: () => void
  #bytes = 0
  #untrimmed = 0

  constructor(dropped: (value: V) => void, trim: () => void) {
    this.#dropped = dropped
    this.#trim = trim
  }

  /** Tensors that something was compiled with. */
  get size(): number {
    return this.#entries.size
  }

  /** Whether something may be compiled with the numbers: what an optimizer writes will be written again. */
  admits(weights: TensorData): boolean {
    return !weights.written && this.#bytes + bytesOf(weights) <= mostBytes
  }

  get(weights: TensorData, key: string): V | undefined {
    return this.#entries.get(weights)?.get(key)
  }

  set(weights: TensorData, key: string, value: V): void {
    const values = this.#entries.get(weights) ?? new Map<string, V>()
    this.#entries.set(weights, values.set(key, value))
    this.#bytes += bytesOf(weights)
  }

  /** The numbers are about to change, or to go. */
  drop(weights: TensorData): void {
    const values = this.#entries.get(weights)
    if (values === undefined) return
    this.#entries.delete(weights)
    for (const value of values.values()) {
      this.#bytes -= bytesOf(weights)
      this.#untrimmed += bytesOf(weights)
      this.#dropped(value)
    }
    if (this.#untrimmed < trimAfter && this.#bytes > 0) return
    this.#untrimmed = 0
    this.#trim()
  }

  clear(): void {
    for (const weights of [...this.#entries.keys()]) this.drop(weights)
  }
}

const bytesOf = ({ size }: TensorData): number => size * 4
