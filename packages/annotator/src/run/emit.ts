import { Clock, Effect, Stream } from "effect"
import type { AnnotateEvent } from "../AnnotateEvent.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LedgerItem } from "../ledger/Queue.ts"
import { judge } from "../parse/judge.ts"
import type { Run } from "./Run.ts"

const SMALLEST_PAGE = 16
const LARGEST_PAGE = 512
const DROP_EVERY = 2048

/** Reads the queue from its head and puts out a record for every item that is finished, in the order of the input. */
export const emit = (run: Run): Stream.Stream<AnnotateEvent, LedgerError, Ledger> => {
  let nextProgress = 0
  let dropped = 0
  let ended = false
  // Grows while everything read is finished, shrinks to twice what was: unfinished items are not read over and over.
  let page = SMALLEST_PAGE

  /** At least one event; waits until there is one. */
  const next = Effect.gen(function* () {
    const ledger = yield* Ledger
    for (let idle = 25; ; idle = Math.min(250, idle * 1.5)) {
      const asked = run.asked
      const planned = run.planned
      const events: Array<AnnotateEvent> = []
      for (const item of yield* ledger.page(run.queue, run.cursor, page)) {
        const event = item.seq === run.cursor ? eventOf(run, item, asked) : undefined
        if (event === undefined) break
        run.tally.record(event)
        run.cursor++
        events.push(event)
      }
      page = Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, 2 * events.length))
      if (run.cursor - dropped >= DROP_EVERY) {
        dropped = run.cursor
        yield* ledger.dropItems(run.queue, dropped)
      }
      const now = yield* Clock.currentTimeMillis
      if (now >= nextProgress) {
        nextProgress = now + 1000 * run.options.progressSeconds
        events.push({ type: "progress", progress: run.tally.progress(now) })
      }
      if (planned && run.cursor === run.tally.planned) {
        ended = true
        yield* ledger.dropItems(run.queue, run.cursor)
        const { spent } = yield* ledger.account(run.options.job)
        events.push({ type: "progress", progress: run.tally.progress(now) })
        events.push({ type: "summary", summary: run.tally.summary(now, spent) })
      }
      if (events.length > 0) return events
      yield* Effect.sleep(idle)
    }
  })

  return Stream.fromEffectRepeat(Effect.suspend(() => (ended ? Effect.succeed(null) : next))).pipe(
    Stream.takeWhile((events): events is Array<AnnotateEvent> => events !== null),
    Stream.flattenIterable
  )
}

/** The record of an item, or undefined while it is unfinished. Answers are judged anew: by today's parser. */
const eventOf = (run: Run, item: LedgerItem, asked: boolean): AnnotateEvent | undefined => {
  const { address, answer, finish, sentence: text, sentenceId: id } = item
  const missing = (state: "failed" | "refused" | "over budget", reason: string): AnnotateEvent => ({
    type: "failed",
    id,
    text,
    state,
    reason,
    ...(item.detail === null ? {} : { detail: item.detail }),
    ...(answer === null ? {} : { answer }),
    address
  })
  if (item.state === "planned" && asked && run.overBudget) return missing("over budget", "over budget")
  if (item.state !== "answered" && item.state !== "failed" && item.state !== "refused") return undefined
  if (answer === null) return missing(item.state === "refused" ? "refused" : "failed", item.reason ?? "unknown")
  const verdict = judge(run.prompt, { text: answer, finish: finish ?? "stop" }, run.options.emptyIsNothing)
  if (verdict.state !== "answered") return missing(verdict.state, verdict.reason)
  return {
    type: "annotated",
    record: { id, text, annotations: verdict.parsed.annotations },
    rejected: verdict.parsed.rejected,
    salvaged: verdict.parsed.salvaged ?? [],
    address
  }
}
