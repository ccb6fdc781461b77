import type { Bill } from "./Bill.ts"
import type { Body, Dialect } from "./dialects.ts"
import { fakeAnswer } from "./fakeAnswer.ts"
import type { BatchFault } from "./LlmFault.ts"

export interface FakeBatchOptions {
  readonly bill: Bill
  readonly durationMs: number
  readonly fault: (n: number) => BatchFault | undefined
  readonly dialects: Readonly<Record<string, Dialect>>
}

export interface BatchLine {
  readonly key: string
  readonly body: Body
}

export type RowState = "succeeded" | "errored" | "expired" | "canceled"

/** One batch, whatever the wire format: what was asked, how it ends, and when. Done requests are charged at half price. */
export class FakeBatch {
  readonly id: string
  readonly createdAt = Date.now()
  readonly lines: ReadonlyArray<BatchLine>
  readonly fault: BatchFault
  cancelled = false
  private readonly options: FakeBatchOptions
  private readonly dialect: Dialect
  private charged = false

  constructor(id: string, n: number, dialect: Dialect, lines: ReadonlyArray<BatchLine>, options: FakeBatchOptions) {
    this.id = id
    this.dialect = dialect
    this.lines = lines
    this.options = options
    this.fault = options.fault(n) ?? {}
  }

  get ended(): boolean {
    return this.cancelled || Date.now() >= this.createdAt + this.options.durationMs
  }

  /** Rows in an order that is not the requests'; `answer` is there if the row succeeded. */
  rows(): Array<{ key: string; state: RowState; answer: unknown }> {
    const { duplicateRows = 0, erroredRows = 0, expiredRows = 0, missingRows = 0 } = this.fault
    const kept = this.lines.slice(missingRows)
    const rows = kept.map(({ body, key }, i) => {
      const state: RowState = this.cancelled
        ? "canceled"
        : i < erroredRows
          ? "errored"
          : i < erroredRows + expiredRows
            ? "expired"
            : "succeeded"
      const answer = fakeAnswer(this.dialect, body, undefined)
      if (state === "succeeded" && !this.charged) this.options.bill.charge(key, answer.usage, 0.5)
      return { key, state, answer: state === "succeeded" ? this.dialect.answer(answer, true) : undefined }
    })
    this.charged = true
    return [...rows, ...rows.slice(-duplicateRows || rows.length)].reverse()
  }
}
