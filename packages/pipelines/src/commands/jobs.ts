import { cleanJob, exportJob, type JobReport, ledgerJobs } from "@nuner/annotator"
import { OptionError, withoutSecrets, writeJsonl } from "@nuner/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { command } from "./command.ts"
import { file, needed, out, toggle } from "./components.ts"
import { show } from "./output.ts"

const ledger = needed("a SQLite file or postgres:// address")
const named = "its name, or its queue as nuner jobs show prints it"
const job = file(named, "all")

/** The jobs of a ledger that go by a name. */
export const jobsOf = (place: string, name: string | undefined) =>
  Effect.flatMap(
    attempt("jobs", () => ledgerJobs(place)),
    (all) => {
      const named = all.filter(({ job, queue }) => name === undefined || name === job || name === queue)
      if (named.length > 0 || name === undefined) return Effect.succeed(named)
      const remedy =
        all.length === 0 ? "it holds none" : `it holds ${[...new Set(all.map(({ job }) => job))].join(", ")}`
      const reason = `"${name}" is no job of ${withoutSecrets(place)}`
      return Effect.fail(new OptionError({ component: "jobs", option: "job", reason, remedy }))
    }
  )

/** A few words of each job. */
export const formatJobs = (jobs: ReadonlyArray<JobReport>): string =>
  jobs.length === 0 ? "no jobs" : jobs.map(formatJob).join("\n")

const formatJob = ({
  model,
  openBatches,
  prompt,
  queue,
  reasons,
  reserved,
  sentences,
  spent,
  states,
  updatedAt
}: JobReport) => {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${n} ${name}`)
      .join(", ")
  const open = (states.planned ?? 0) + (states.sent ?? 0) + (states["in batch"] ?? 0)
  const again = open > 0 || (states.failed ?? 0) > 0
  return [
    `${queue}: ${model ?? "?"}, ${prompt ?? "?"}`,
    ...(sentences === null ? [] : [`${sentences} sentences`]),
    list(states) || "nothing asked",
    ...(Object.keys(reasons).length === 0 ? [] : [`without an answer: ${list(reasons)}`]),
    ...(openBatches === 0 ? [] : [`${openBatches} batches at the provider`]),
    `$${spent.toFixed(4)}${reserved > 1e-9 ? ` and $${reserved.toFixed(4)} under way` : ""}`,
    ...(updatedAt === 0 ? [] : [`last answer ${new Date(updatedAt).toISOString()}`]),
    ...(again ? ["next: run nuner annotate again"] : [])
  ].join("; ")
}

const showCommand = command("jobs show", {
  does: "What is asked, answered and open of each job, and what it cost",
  arguments: {},
  options: { ledger, job },
  run: Effect.fnUntraced(function* ({ job, ledger }) {
    const jobs = yield* jobsOf(ledger, job)
    yield* show(formatJobs(jobs), jobs)
  })
})

const exportCommand = command("jobs export", {
  does: "Write down what the ledger knows of every request",
  arguments: {},
  options: { ledger, job, out: out("every request with its answer, JSON Lines") },
  run: Effect.fnUntraced(function* ({ job, ledger, out }) {
    const jobs = yield* jobsOf(ledger, job)
    const count = yield* attempt("jobs", () =>
      writeJsonl(
        out,
        (async function* () {
          for (const { queue } of jobs) for await (const entry of exportJob(ledger, queue)) yield { queue, ...entry }
        })()
      )
    )
    yield* show(`${count} requests`, { requests: count, out })
  })
})

const cleanCommand = command("jobs clean", {
  does: "Forget a job that is done: its plan, and what was never asked; paid answers stay",
  arguments: {},
  options: { ledger, job: needed(named), answers: toggle("forget its paid answers too") },
  run: Effect.fnUntraced(function* ({ answers, job, ledger }) {
    const jobs = yield* jobsOf(ledger, job)
    for (const { queue } of jobs) {
      const requests = yield* attempt("jobs", () => cleanJob(ledger, queue, answers))
      yield* show(`${queue}: ${requests} requests forgotten`, { queue, requests })
    }
  })
})

export const jobsCommand = Command.make("jobs").pipe(
  Command.withDescription("The jobs of a ledger: look at them, export them, clean up"),
  Command.withSubcommands([showCommand, exportCommand, cleanCommand])
)
