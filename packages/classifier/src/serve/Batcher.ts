/** Items of one request that wait for their results. */
interface Waiting<A, B> {
  readonly items: ReadonlyArray<A>
  readonly results: Array<B>
  readonly signal: AbortSignal | undefined
  readonly resolve: (results: Array<B>) => void
  readonly reject: (error: unknown) => void
  /** Items that were taken into a batch. */
  taken: number
}

/** Computes a batch; may stop, by throwing, where the signal fires: nobody waits for it any more. */
type Run<A, B> = (items: ReadonlyArray<A>, signal: AbortSignal) => Promise<ReadonlyArray<B>>

/**
 * Gathers the items of concurrent requests into batches, first come, first served: while one batch is computed, the
 * next one fills. One batch runs at a time.
 */
export class Batcher<A, B> {
  readonly #run: Run<A, B>
  readonly #size: number
  #queue: Array<Waiting<A, B>> = []
  #running: Promise<void> | undefined

  /** @param size items of a batch, at the most */
  constructor(run: Run<A, B>, size: number) {
    this.#run = run
    this.#size = size
  }

  /** Items that are not in a batch yet. */
  get waiting(): number {
    return this.#queue.reduce((sum, { items, taken }) => sum + items.length - taken, 0)
  }

  /** The results of `items`, in order. Where the signal fires, what is still waiting is not computed, and a batch that has nothing else is stopped. */
  add(items: ReadonlyArray<A>, signal?: AbortSignal): Promise<Array<B>> {
    if (items.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      this.#queue.push({ items, results: [], signal, resolve, reject, taken: 0 })
      this.#running ??= this.#drain()
    })
  }

  /** Resolves when nothing is left. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    // Requests that came in the same turn share the first batch.
    await Promise.resolve()
    for (;;) {
      this.#queue = this.#queue.filter((request) => {
        if (!request.signal?.aborted) return true
        request.reject(request.signal.reason)
        return false
      })
      const parts = this.#nextParts()
      if (parts.length === 0) break
      const wanted = new AbortController()
      const gone = () => {
        if (parts.every(({ request }) => request.signal?.aborted)) wanted.abort(parts[0]!.request.signal!.reason)
      }
      for (const { request } of parts) request.signal?.addEventListener("abort", gone)
      try {
        const results = await this.#run(
          parts.flatMap(({ items }) => items),
          wanted.signal
        )
        let at = 0
        for (const { request, items } of parts) {
          request.results.push(...results.slice(at, at + items.length))
          at += items.length
          if (request.results.length === request.items.length) request.resolve(request.results)
        }
      } catch (error) {
        const failed = new Set(parts.map(({ request }) => request))
        this.#queue = this.#queue.filter((request) => !failed.has(request))
        for (const request of failed) request.reject(error)
      } finally {
        for (const { request } of parts) request.signal?.removeEventListener("abort", gone)
      }
    }
    this.#running = undefined
  }

  /** The next items, with the requests that they are of; a request leaves the queue with its last item. */
  #nextParts(): Array<{ request: Waiting<A, B>; items: ReadonlyArray<A> }> {
    const parts: Array<{ request: Waiting<A, B>; items: ReadonlyArray<A> }> = []
    let room = this.#size
    while (room > 0 && this.#queue.length > 0) {
      const request = this.#queue[0]!
      const items = request.items.slice(request.taken, request.taken + room)
      request.taken += items.length
      room -= items.length
      parts.push({ request, items })
      if (request.taken === request.items.length) this.#queue.shift()
    }
    return parts
  }
}
