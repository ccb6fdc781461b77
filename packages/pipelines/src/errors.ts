import { LedgerError, LlmError } from "@nuner/annotator"
import { BalanceError, InputError, type Manifest, messageOf, OptionError, OutputError, outputError } from "@nuner/core"
import { EngineError } from "@nuner/engine"
import { InfeasibleError } from "@nuner/miner"
import { Effect, Schema } from "effect"

/** Something that no package foresaw. Carries the cause whole; `NUNER_DEBUG=1` prints its stack. */
export class UnexpectedError extends Schema.TaggedError<UnexpectedError>()("UnexpectedError", {
  stage: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `${this.stage}: ${messageOf(this.cause)}`
  }
}

/** A command that did its work and could not do all of it. Its exit code is that of the stage: 2, or 3 over budget. */
export class IncompleteError extends Schema.TaggedError<IncompleteError>()("IncompleteError", {
  stage: Schema.String,
  exitCode: Schema.Literals([2, 3]),
  missing: Schema.Record(Schema.String, Schema.Finite),
  remedy: Schema.String
}) {
  override get message(): string {
    const missing = Object.entries(this.missing).map(([reason, n]) => `${n} ${reason}`)
    return `${this.stage}: missing: ${missing.join(", ")} (${this.remedy})`
  }
}

/** What a command ends with: fails for a stage that is incomplete. */
export const completed = ({
  completion,
  stage
}: Pick<Manifest, "completion" | "stage">): Effect.Effect<void, IncompleteError> =>
  completion.state === "complete" ? Effect.void : Effect.fail(new IncompleteError({ stage, ...completion }))

const foreseen = [
  InputError,
  OptionError,
  OutputError,
  BalanceError,
  InfeasibleError,
  EngineError,
  LlmError,
  LedgerError
] as const

/** How a stage can fail. Each has a message of one line that names the thing and the remedy. */
export type StageError = InstanceType<(typeof foreseen)[number]> | UnexpectedError

/** Any thrown value as a `StageError`. */
export const stageError =
  (stage: string) =>
  (thrown: unknown): StageError => {
    const cause = outputError((thrown as { readonly path?: string } | null)?.path ?? stage, thrown)
    return foreseen.some((type) => cause instanceof type)
      ? (cause as StageError)
      : new UnexpectedError({ stage, cause: cause instanceof Error ? cause : new Error(String(cause)) })
  }

/**
 * A promise-returning function of a package as an effect. Interruption aborts the signal and then waits for the promise: what was
 * under way ends in good order, with its checkpoint.
 */
export const attempt = <A>(stage: string, run: (signal: AbortSignal) => Promise<A> | A): Effect.Effect<A, StageError> =>
  Effect.callback<A, StageError>((resume) => {
    const controller = new AbortController()
    const settled = (async () => run(controller.signal))().then(
      (value) => resume(Effect.succeed(value)),
      (cause) => resume(Effect.fail(stageError(stage)(cause)))
    )
    return Effect.promise(() => {
      controller.abort()
      return settled
    })
  })
