import { count, dollars } from "./Progress.ts"

/** The balance of a run: planned = answered + failed + refused + over budget. */
export interface Summary {
  readonly planned: number
  readonly answered: number
  readonly failed: number
  readonly refused: number
  readonly overBudget: number
  /** Everything that is not answered, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** By reason, what the provider said, request ids aside, and how often. */
  readonly details: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Of the answered sentences; lines of answers that could not be read, by reason. */
  readonly annotations: number
  readonly rejectedLines: Readonly<Record<string, number>>
  /** Answers that were not as asked for and could be read nevertheless, by what had to be done. */
  readonly salvaged: Readonly<Record<string, number>>
  /** Requests sent by this run (batches included), tries after the first among them. */
  readonly attempts: number
  readonly retries: number
  /** Requests in batches that the provider no longer had: charged as far as we know, and asked again. */
  readonly lost: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars of this run; null: the model has no price. */
  readonly cost: number | null
  /** US dollars of the job so far, all runs on this ledger, assumed costs of lost attempts included. */
  readonly spent: number
  readonly seconds: number
}

/** 0: every sentence is answered. 2: some are not. 3: the budget ended the run. */
export const exitCode = ({ failed, overBudget, refused }: Summary): 0 | 2 | 3 =>
  overBudget > 0 ? 3 : failed + refused > 0 ? 2 : 0

/** Of the provider's words, those that are shown. */
const SHOWN = 3

const most = (counts: Readonly<Record<string, number>>): Array<[string, number]> =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN)

/** A few lines for people. */
export const formatSummary = (summary: Summary): string => {
  const { answered, annotations, attempts, cost, overBudget, planned, refused, rejectedLines, retries } = summary
  const list = (counts: Readonly<Record<string, number>>, title: string) => {
    const parts = Object.entries(counts).map(([reason, n]) => `${reason} ${count(n)}`)
    return parts.length === 0 ? "" : `; ${title}: ${parts.join(", ")}`
  }
  return [
    `${count(planned)} sentences = ${count(answered)} annotated + ${count(summary.failed)} failed + ${count(refused)} refused + ${count(overBudget)} over budget`,
    ...Object.entries(summary.reasons).flatMap(([reason, n]) => [
      `  ${reason}: ${count(n)}`,
      ...most(summary.details[reason] ?? {}).map(([detail, times]) => `    ${count(times)} x ${detail}`)
    ]),
    `${count(annotations)} annotations${list(rejectedLines, "unreadable lines")}${list(summary.salvaged, "salvaged answers")}`,
    ...(summary.lost === 0
      ? []
      : [
          `the provider no longer has batches with ${count(summary.lost)} requests: these count as charged, and are asked again`
        ]),
    `${count(attempts)} requests, ${count(retries)} of them retries; ${count(summary.inputTokens)} tokens in, ${count(summary.outputTokens)} out${cost === null ? "" : `; ${dollars(cost)} now, ${dollars(summary.spent)} for the whole job`}`
  ].join("\n")
}
