/** How far a run is; plain data. */
export interface Progress {
  /** Sentences whose record is out. */
  readonly done: number
  /** null: not known (yet). */
  readonly total: number | null
  readonly answered: number
  readonly failed: number
  readonly refused: number
  readonly overBudget: number
  /** Requests under way, and requests that wait in a provider's batch. */
  readonly inFlight: number
  readonly inBatch: number
  /** Epoch ms until which the provider told us to wait, `noticeSeconds` or longer; null: we are not waiting. */
  readonly resumesAt: number | null
  /** Attempts after the first, of this run. */
  readonly retries: number
  /** Of this run; where the endpoint tells. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars of this run; null: the model has no price. */
  readonly cost: number | null
  /** Records a second, over the last half minute. */
  readonly rate: number
  readonly elapsedSeconds: number
  /** null: not known. */
  readonly secondsLeft: number | null
}

/** One line: `1,200/8,600 (14 %) · 310/s · 24 s left · 1.2M tokens · $0.31 · 3 failed · 2 retries`. */
export const formatProgress = (progress: Progress): string => {
  const { done, total, rate, secondsLeft, inputTokens, outputTokens, cost, failed, refused, overBudget } = progress
  const missing = failed + refused
  return [
    total === null ? count(done) : `${count(done)}/${count(total)} (${percent(done, total)} %)`,
    `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`,
    secondsLeft === null ? "" : `${duration(secondsLeft)} left`,
    inputTokens + outputTokens === 0 ? "" : `${compact(inputTokens + outputTokens)} tokens`,
    cost === null ? "" : dollars(cost),
    progress.inBatch === 0 ? "" : `${count(progress.inBatch)} in batches`,
    missing === 0 ? "" : `${count(missing)} without annotations`,
    overBudget === 0 ? "" : `${count(overBudget)} over budget`,
    progress.resumesAt === null ? "" : `waits until ${new Date(progress.resumesAt).toISOString()}`,
    progress.retries === 0 ? "" : `${count(progress.retries)} retries`
  ]
    .filter((part) => part !== "")
    .join(" · ")
}

export const dollars = (cost: number): string => `$${cost < 0.1 ? cost.toFixed(4) : cost.toFixed(2)}`
export const count = (n: number): string => n.toLocaleString("en-US")
const percent = (done: number, total: number): number => (total === 0 ? 100 : Math.floor((100 * done) / total))
const compact = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(1)}M` : n >= 1e4 ? `${Math.round(n / 1e3)}k` : count(n)
const duration = (seconds: number): string =>
  seconds >= 5400
    ? `${(seconds / 3600).toFixed(1)} h`
    : seconds >= 90
      ? `${Math.round(seconds / 60)} min`
      : `${Math.ceil(seconds)} s`
