import { AnnotateOptions, ProviderOptions } from "@nuner/annotator"
import { Effect } from "effect"
import { completed } from "../errors.ts"
import { cancelStage, workStage } from "../stages/work.ts"
import { command, component } from "./command.ts"
import { asked, asking, needed, prices, prompt } from "./components.ts"
import { show } from "./output.ts"

const llm = { ...ProviderOptions.fields, model: AnnotateOptions.fields.model }

export const workCommand = command("work", {
  does: "Help with a job that nuner annotate plans on the same Postgres, from any machine",
  arguments: {},
  options: { ...llm, ledger: needed("the job's ledger, a postgres:// address"), prompt, prices },
  components: { annotator: asking },
  run: Effect.fnUntraced(function* ({ annotator, prices, prompt, ...options }) {
    const completion = yield* workStage({ ...options, ...annotator, ...(yield* asked({ prompt, prices })) })
    yield* completed({ stage: "work", completion })
  })
})

export const cancelCommand = command("cancel", {
  does: "Stop the provider's batches of a job",
  arguments: {},
  options: { ...llm, ledger: needed("the job's ledger: a SQLite file or a postgres:// address") },
  components: { annotator: component(AnnotateOptions, { only: ["job"] }) },
  run: Effect.fnUntraced(function* ({ annotator, ...options }) {
    const count = yield* cancelStage({ ...options, ...annotator })
    yield* show(
      `${count} ${count === 1 ? "batch" : "batches"} asked to stop; what was answered is collected by the nuner annotate that waits, or the next`,
      { batches: count }
    )
  })
})
