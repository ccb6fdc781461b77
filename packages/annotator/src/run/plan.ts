import type { Sentence } from "@nuner/core"
import { Clock, Effect, Stream } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { Run } from "./Run.ts"

const CHUNK = 200

/**
 * Writes the sentences into the ledger, a chunk at a time, before anything of them is sent.
 *
 * @param lookahead how many items may stand between what is planned and what is out: bounds the ledger, not the memory
 */
export const plan = Effect.fnUntraced(function* <E, R>(
  run: Run,
  sentences: Stream.Stream<Sentence, E, R>,
  lookahead: number
) {
  const ledger = yield* Ledger
  yield* ledger.saveSettings(run.settingsHash, run.settings, yield* Clock.currentTimeMillis)
  yield* ledger.saveJob(run.queue, null)
  let seq = 0
  yield* sentences.pipe(
    Stream.groupedWithin(CHUNK, "50 millis"),
    Stream.runForEach(
      Effect.fnUntraced(function* (chunk) {
        const items = chunk.map(({ id, text }) => ({
          seq: seq++,
          sentenceId: id,
          sentence: text,
          address: run.addressOf(text)
        }))
        yield* ledger.plan({
          queue: run.queue,
          settings: run.settingsHash,
          items,
          retryFailed: run.options.retryFailed,
          failedBefore: run.startedAt,
          now: yield* Clock.currentTimeMillis
        })
        run.tally.planned = seq
        while (seq - run.cursor > lookahead) yield* Effect.sleep("20 millis")
      })
    )
  )
  yield* ledger.saveJob(run.queue, seq)
  run.tally.total = seq
  run.planned = true
})
