import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { completed } from "../errors.ts"
import { readPrices } from "../stages/readPrices.ts"
import { cancelStage, workStage } from "../stages/work.ts"
import { asking, flow, given, llm, promptOf } from "./flags.ts"
import { show } from "./output.ts"

const ledger = Flag.String("ledger").pipe(
  Flag.withDescription("the job's ledger: a postgres:// address for nuner work, or a SQLite file for nuner cancel")
)

export const workCommand = Command.make(
  "work",
  { ...llm, ...asking, ...flow, ledger },
  Effect.fn(function* ({ ledger, model, provider, ...rest }) {
    const { prices, prompt, ...options } = given(rest)
    const table = yield* readPrices(prices)
    const completion = yield* workStage({ ...options, ...promptOf(prompt), ...table, ledger, model, provider })
    yield* completed({ stage: "work", completion })
  })
).pipe(Command.withDescription("Help with a job that nuner annotate plans on the same Postgres, from any machine"))

export const cancelCommand = Command.make(
  "cancel",
  { ...llm, job: asking.job, ledger },
  Effect.fn(function* ({ ledger, model, provider, ...rest }) {
    const count = yield* cancelStage({ ...given(rest), ledger, model, provider })
    yield* show(
      `${count} ${count === 1 ? "batch" : "batches"} asked to stop; what was answered is collected by the nuner annotate that waits, or the next`,
      { batches: count }
    )
  })
).pipe(Command.withDescription("Stop the provider's batches of a job"))
