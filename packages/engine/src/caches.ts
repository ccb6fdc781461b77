/** A map that forgets the entry unused for longest once it holds more than `capacity`. */
export class LruCache<V> {
  readonly #entries = new Map<string, V>()
  readonly #capacity: number
  readonly #dropped: (value: V) => void

  constructor(capacity: number, dropped: (value: V) => void = () => {}) {
    this.#capacity = capacity
    this.#dropped = dropped
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // Reordering on every hit costs more than it saves while nothing has to be dropped.
    if (this.#entries.size * 2 > this.#capacity) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  /** The entry, made and kept where there is none. */
  getOr(key: string, make: () => V): V {
    let value = this.get(key)
    if (value === undefined) {
      value = make()
      this.set(key, value)
    }
    return value
  }

  set(key: string, value: V): void {
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return
    const [oldest] = this.#entries
    this.#entries.delete(oldest![0])
    this.#dropped(oldest![1])
  }

  clear(): void {
    for (const value of this.#entries.values()) this.#dropped(value)
    this.#entries.clear()
  }
}

/** Results of a function that are kept. */
const most = 8

/** A function that gives the same array again where it was just asked for it. Nobody may write into what it gives. */
export const remembered = <A extends ReadonlyArray<number | boolean>, R>(
  compute: (...args: A) => R
): ((...args: A) => R) => {
  const kept = new LruCache<R>(most)
  return (...args) => kept.getOr(args.join(), () => compute(...args))
}

interface Node<V> {
  readonly next: Map<unknown, Node<V>>
  value: V | undefined
}

/**
 * Values by a list of steps down a tree: what is looked up hundreds of times a training step makes no keys of text. When it holds more than
 * `capacity` values, all are forgotten.
 */
export class PathCache<V> {
  readonly #capacity: number
  readonly #root: Node<V> = { next: new Map(), value: undefined }
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(path: ReadonlyArray<unknown>): V | undefined {
    let node: Node<V> | undefined = this.#root
    for (const step of path) {
      node = node.next.get(step)
      if (node === undefined) return undefined
    }
    return node.value
  }

  set(path: ReadonlyArray<unknown>, value: V): void {
    if (++this.#size > this.#capacity) this.clear()
    let node = this.#root
    for (const step of path) {
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
