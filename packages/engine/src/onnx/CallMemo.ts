import type { Kernel, Operand } from "./Kernel.ts"

interface Node<V> {
  readonly next: Map<unknown, Node<V>>
  value: V | undefined
}

/**
 * What is known of a call by its kernel, the types and shapes of its operands and its attributes. They are steps down a tree: hundreds of calls a training
 * step make no keys of text. When it holds more than `capacity` calls, all are forgotten.
 */
export class CallMemo<V> {
  readonly #capacity: number
  readonly #root: Node<V> = { next: new Map(), value: undefined }
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(kernel: Kernel, operands: ReadonlyArray<Operand>, attributes: unknown): V | undefined {
    let node: Node<V> | undefined = this.#root
    for (const step of pathOf(kernel, operands, attributes)) {
      node = node.next.get(step)
      if (node === undefined) return undefined
    }
    return node.value
  }

  set(kernel: Kernel, operands: ReadonlyArray<Operand>, attributes: unknown, value: V): void {
    if (++this.#size > this.#capacity) this.clear()
    let node = this.#root
    for (const step of pathOf(kernel, operands, attributes)) {
      const next = node.next.get(step) ?? { next: new Map(), value: undefined }
      node.next.set(step, next)
      node = next
    }
    node.value = value
  }

  clear(): void {
    this.#root.next.clear()
    this.#size = 0
  }
}

/** One list for all calls. */
const path: Array<unknown> = []

const pathOf = (kernel: Kernel, operands: ReadonlyArray<Operand>, attributes: unknown): ReadonlyArray<unknown> => {
  path.length = 0
  path.push(kernel)
  for (const { dtype, shape } of operands) {
    path.push(dtype)
    for (const extent of shape) path.push(extent)
  }
  const given = attributes as Readonly<Record<string, unknown>>
  for (const name in given) {
    const value = given[name]
    path.push(name)
    if (Array.isArray(value)) for (const item of value) path.push(item)
    else path.push(value)
  }
  return path
}
