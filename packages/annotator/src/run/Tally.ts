import type { AnnotateEvent } from "../AnnotateEvent.ts"
import type { Usage } from "../llm/Llm.ts"
import { withoutRequest } from "../llm/LlmError.ts"
import type { Progress } from "./Progress.ts"
import type { Summary } from "./Summary.ts"

const WINDOW_MS = 30_000

/** Counts of one run, in one process; `now` is always epoch ms. */
export class Tally {
  private readonly startedAt: number
  readonly counts = { answered: 0, failed: 0, refused: 0, "over budget": 0 }
  private readonly reasons = new Map<string, number>()
  private readonly details = new Map<string, Map<string, number>>()
  private readonly rejectedLines = new Map<string, number>()
  private readonly salvaged = new Map<string, number>()
  private readonly recent: Array<readonly [at: number, done: number]> = []
  private annotations = 0
  private inputTokens = 0
  private outputTokens = 0
  private cost: number | null
  total: number | null
  planned = 0
  attempts = 0
  retries = 0
  inFlight = 0
  inBatch = 0
  /** Requests in batches that the provider no longer had. */
  lost = 0
  /** Epoch ms until which the provider told us to wait; 0 if it did not. */
  resumesAt = 0

  constructor(now: number, total: number | null, priced: boolean) {
    this.startedAt = now
    this.total = total
    this.cost = priced ? 0 : null
  }

  get done(): number {
    return this.counts.answered + this.counts.failed + this.counts.refused + this.counts["over budget"]
  }

  /** A sentence whose record is out. */
  record(event: AnnotateEvent): void {
    if (event.type === "annotated") {
      this.counts.answered++
      this.annotations += event.record.annotations.length
      for (const { reason } of event.rejected) add(this.rejectedLines, reason)
      for (const kind of event.salvaged) add(this.salvaged, kind)
    } else if (event.type === "failed") {
      this.finished(event.state, event.reason, event.detail)
    }
  }

  /** A sentence of which only the outcome is known here. */
  finished(state: keyof Tally["counts"], reason: string, detail?: string): void {
    this.counts[state]++
    if (state === "answered") return
    add(this.reasons, reason)
    if (detail === undefined) return
    const of = this.details.get(reason) ?? new Map<string, number>()
    this.details.set(reason, of)
    add(of, withoutRequest(detail))
  }

  /** An attempt that ended. */
  settled(usage: Usage | null, cost: number | null): void {
    this.inputTokens += usage?.inputTokens ?? 0
    this.outputTokens += usage?.outputTokens ?? 0
    if (this.cost !== null) this.cost += cost ?? 0
  }

  progress(now: number): Progress {
    this.recent.push([now, this.done])
    while (this.recent.length > 2 && this.recent[0]![0] < now - WINDOW_MS) this.recent.shift()
    const [since, before] = this.recent.length > 1 ? this.recent[0]! : [this.startedAt, 0]
    const rate = now > since ? (1000 * (this.done - before)) / (now - since) : 0
    const { answered, failed, refused } = this.counts
    return {
      done: this.done,
      total: this.total,
      answered,
      failed,
      refused,
      overBudget: this.counts["over budget"],
      inFlight: this.inFlight,
      inBatch: this.inBatch,
      resumesAt: this.resumesAt > now ? this.resumesAt : null,
      retries: this.retries,
      inputTokens: this.inputTokens,
      outputTokens: this.outputTokens,
      cost: this.cost,
      rate,
      elapsedSeconds: (now - this.startedAt) / 1000,
      secondsLeft: this.total === null || rate === 0 ? null : Math.max(0, this.total - this.done) / rate
    }
  }

  summary(now: number, spent: number): Summary {
    const { answered, failed, refused } = this.counts
    return {
      planned: this.planned,
      answered,
      failed,
      refused,
      overBudget: this.counts["over budget"],
      reasons: Object.fromEntries(this.reasons),
      annotations: this.annotations,
      details: Object.fromEntries([...this.details].map(([reason, of]) => [reason, Object.fromEntries(of)])),
      rejectedLines: Object.fromEntries(this.rejectedLines),
      salvaged: Object.fromEntries(this.salvaged),
      attempts: this.attempts,
      retries: this.retries,
      lost: this.lost,
      inputTokens: this.inputTokens,
      outputTokens: this.outputTokens,
      cost: this.cost,
      spent,
      seconds: (now - this.startedAt) / 1000
    }
  }
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
