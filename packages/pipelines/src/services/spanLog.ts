import { appendFileSync } from "node:fs"
import { messageOf, withoutSecrets } from "@nuner/core"
import { Cause, Effect, type Exit, Layer, Option, Tracer } from "effect"

/**
 * The log of a run: a line of JSON for every span as it ends, stages and what they consist of, in the file that the environment's `NUNER_LOG` names;
 * `within` is the span around it. Without that variable nothing is written.
 */
export const spanLog: Layer.Layer<never> = Layer.unwrap(
  Effect.sync(() => {
    const path = process.env.NUNER_LOG
    if (path === undefined || path === "") return Layer.empty
    return Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => new LoggedSpan(options, path) }))
  })
)

class LoggedSpan extends Tracer.NativeSpan {
  private readonly path: string

  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0], path: string) {
    super(options)
    this.path = path
  }

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    super.end(endTime, exit)
    // A database's client has a span for each of its statements.
    if (this.kind !== "internal") return
    const around = Option.getOrUndefined(this.parent)
    const line = {
      at: new Date(Number(this.startTime / 1_000_000n)).toISOString(),
      span: this.name,
      within: around?._tag === "Span" ? around.name : undefined,
      ...Object.fromEntries(this.attributes),
      seconds: Number(endTime - this.startTime) / 1e9,
      ...ended(exit)
    }
    appendFileSync(this.path, `${withoutSecrets(JSON.stringify(line))}\n`)
  }
}

const ended = (exit: Exit.Exit<unknown, unknown>) => {
  if (exit._tag === "Success") return { ended: "done" }
  if (Cause.hasInterruptsOnly(exit.cause)) return { ended: "interrupted" }
  const error = Cause.squash(exit.cause)
  return { ended: "failed", error: messageOf(error) }
}
