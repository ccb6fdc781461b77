/**
 * Timers, sockets and signals of the host have their turn: a network that computes at once leaves them none between its steps, however often
 * it is awaited. In a browser none do.
 */
export const hostTurn = (): Promise<void> | undefined =>
  typeof setImmediate === "undefined" ? undefined : new Promise((resolve) => setImmediate(resolve))
