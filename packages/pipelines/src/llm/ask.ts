import {
  type Annotated,
  type AnnotateInput,
  annotateStream,
  exitCode,
  type Failed,
  formatProgress,
  layersOf,
  PASSING_REASONS,
  type Summary
} from "@nuner/annotator"
import { type Completion, complete, openJsonl, type Sentence } from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt, type StageError, stageError } from "../errors.ts"
import { Progress } from "../services/Progress.ts"

/** What came of asking about a sentence: an answer, or why there is none. */
export type Reply = Annotated | Failed

/** How and whom to ask. */
export type Asking = Omit<AnnotateInput, "sentences" | "signal">

/**
 * Asks a model about every sentence, and tells the progress of the stage. `use` is given what came of each, in the order of the sentences, as it
 * comes. Ends with the balance of all. See `annotateStream`.
 */
export const ask = Effect.fn("ask")(function* <R1, R2>(
  stage: string,
  sentences: Stream.Stream<Sentence, StageError, R1>,
  asking: Asking,
  use: (replies: ReadonlyArray<Reply>) => Effect.Effect<void, StageError, R2>
) {
  const { say, update } = yield* Progress
  const { layer, options } = yield* Effect.try({ try: () => layersOf(asking), catch: stageError(stage) })
  let summary: Summary | undefined
  let resumesAt: number | null = null
  yield* annotateStream(sentences, options).pipe(
    Stream.provide(layer),
    Stream.runForEachArray((events) => {
      for (const event of events) {
        if (event.type === "summary") summary = event.summary
        if (event.type !== "progress") continue
        const { progress } = event
        if (progress.resumesAt !== null && progress.resumesAt !== resumesAt) {
          resumesAt = progress.resumesAt
          const when = new Date(resumesAt).toISOString()
          say(`${stage.padEnd(10)} told to wait: goes on at ${when}; --on-long-wait stop ends it instead`)
        }
        update({ stage, done: progress.done, total: progress.total ?? 0, note: formatProgress(progress) })
      }
      return use(events.filter((event) => event.type === "annotated" || event.type === "failed"))
    })
  )
  return summary!
})

/**
 * `ask`, into two files of JSON Lines that can be read while they grow, as `<path>.partial`: rows of what is answered in `out`, of what got no answer
 * in `failures`.
 */
export const askInto = Effect.fn("askInto")(function* <R>(
  stage: string,
  sentences: Stream.Stream<Sentence, StageError, R>,
  asking: Asking,
  { failures, out, rowOf, rowOfFailure }: AnswerFiles
) {
  const opened = (path: string) =>
    Effect.acquireRelease(
      attempt(stage, () => openJsonl(path)),
      ({ abandon }) => Effect.promise(abandon)
    )
  const [answered, failed] = [yield* opened(out), yield* opened(failures)]
  const summary = yield* ask(stage, sentences, asking, (replies) =>
    attempt(stage, async () => {
      await answered.write(replies.filter((reply) => reply.type === "annotated").map(rowOf))
      await failed.write(replies.filter((reply) => reply.type === "failed").map(rowOfFailure))
    })
  )
  yield* attempt(stage, answered.commit)
  yield* attempt(stage, failed.commit)
  return summary
}, Effect.scoped)

export interface AnswerFiles {
  readonly out: string
  readonly rowOf: (reply: Annotated) => unknown
  readonly failures: string
  readonly rowOfFailure: (reply: Failed) => unknown
}

/** Who got no answer, and why: the reason, what the provider said of it, and the raw answer if one arrived. */
export const unanswered = ({ answer, detail, id, reason, text }: Failed) => ({ id, text, reason, detail, answer })

/** Sentences without an answer, by reason, and what may still get them one. */
export const completionOf = (summary: Summary, failures: string): Completion => {
  const code = exitCode(summary)
  if (code === 0) return complete
  const passing = Object.keys(summary.reasons).every((reason) => PASSING_REASONS.some((one) => one === reason))
  const again = "what was answered is not asked again"
  const remedy =
    code === 3
      ? `raise --max-cost and run it again: ${again}`
      : passing
        ? `run it again: ${again}`
        : [
            `reasons are in ${failures}; --retry-failed asks these again, and only these`,
            ...cut(summary, failures)
          ].join("; ")
  return { state: "incomplete", exitCode: code, missing: summary.reasons, remedy }
}

/** The same bound cuts again, at full price; a larger one asks the whole input anew. */
const cut = ({ reasons }: Summary, failures: string): ReadonlyArray<string> =>
  reasons.truncated === undefined
    ? []
    : [
        `truncated answers end at --max-tokens and would be cut, and paid for, again: ask what stands in ${failures} alone with a larger one, into a file of its own (with the whole input every sentence is asked and paid for anew)`
      ]
