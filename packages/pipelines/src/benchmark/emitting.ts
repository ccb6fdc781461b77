/**
 * Events that `work` tells by a callback, as they come; returns its result. Whoever leaves early ends the work by its signal, and waits for it.
 */
export async function* emitting<Event, A>(
  work: (emit: (event: Event) => void, signal: AbortSignal) => Promise<A>,
  outer?: AbortSignal
): AsyncGenerator<Event, A> {
  const left = new AbortController()
  const queue: Array<Event> = []
  let settled = false
  let wake = () => {}
  const emit = (event: Event) => {
    queue.push(event)
    wake()
  }
  const result = work(emit, outer === undefined ? left.signal : AbortSignal.any([outer, left.signal]))
  const ended = result
    .catch(() => {})
    .then(() => {
      settled = true
      wake()
    })
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!
      if (settled) return await result
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    left.abort()
    await ended
  }
}
