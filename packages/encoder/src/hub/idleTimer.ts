/** A signal that aborts when nothing was heard for a while. */
export interface IdleTimer {
  readonly signal: AbortSignal
  /** Something was heard: counts from the start again. */
  reset(): void
  /** Stops counting, until the next reset. */
  clear(): void
}

export const idleTimer = (seconds: number): IdleTimer => {
  const controller = new AbortController()
  const start = () => setTimeout(() => controller.abort(new Error(`no byte for ${seconds} s`)), 1000 * seconds)
  let timer = start()
  const clear = () => clearTimeout(timer)
  const reset = () => {
    clear()
    timer = start()
  }
  return { signal: controller.signal, reset, clear }
}
