import { join } from "node:path"
import { formatProgress, PASSING_REASONS } from "@nuner/annotator"
import { type Completion, complete, writeAtomic, writeJsonl } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { skippedRecords } from "../inputs/skippedRecords.ts"
import type { LlmBaselineOptions } from "../llm/LlmBaselineOptions.ts"
import type { LlmPrediction, LlmRun } from "../llm/LlmRun.ts"
import { measureSet } from "../llm/measureSet.ts"
import { planBaseline } from "../llm/planBaseline.ts"
import { llmReport } from "../report/llmReport.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

/**
 * NER by asking a language model: the comparison of NuNER's section 6, on the sets and with the metrics of a benchmark. The ledger keeps every
 * answer: a rerun asks nothing twice, and the budget holds over all of it. Returns the table, in Markdown, with the manifest.
 */
export const llmBaselineStage = Effect.fn("llmBaselineStage")(function* (options: LlmBaselineOptions) {
  const { answers, exclude = [], ledger, maxCost, method, out, prices, test, train, ...settings } = options
  const { say, update } = yield* Progress
  const place = (name: string) => join(out, name)
  const table = place("table.md")
  const manifest = yield* runStage({
    name: "llm",
    manifest: place("manifest.json"),
    settings: plain({ method, ...settings, provider: providerName(options) }),
    seeds: { mine: options.seed },
    inputs: [train, test, ...exclude, ...(answers === undefined ? [] : [answers])],
    artefacts: [place("runs.jsonl"), place("predictions.jsonl"), table],
    work: Effect.gen(function* () {
      const skipped = skippedRecords(out)
      const plan = yield* attempt("llm", () => planBaseline(options, { say, out: skipped }))
      const runs: Array<LlmRun> = []
      const predictions: Array<LlmPrediction> = []
      const write = attempt("llm", async () => {
        await writeJsonl(place("runs.jsonl"), runs)
        await writeJsonl(place("predictions.jsonl"), predictions)
        await writeAtomic(table, runs.length === 0 ? [] : [llmReport(runs, plan.dataset)])
      })
      let overBudget = 0
      const unanswered: Record<string, number> = {}
      for (const { examples, set, size } of plan.sets) {
        const name = `${options.unit} = ${size}, set ${set}`
        const measured = yield* measureSet({
          ...{
            method,
            unit: options.unit,
            size,
            set,
            examples,
            dataset: plan.dataset.name,
            types: plan.types,
            test: plan.dataset.test
          },
          ...{ asking: plan.asking, provider: plan.provider },
          onProgress: (progress, n, of) => {
            const done = n * plan.dataset.test.length + progress.done
            const note = `${name}  ${formatProgress(progress)}`
            update({ stage: "llm", done, total: of * plan.dataset.test.length, note })
          }
        })
        if ("overBudget" in measured) {
          overBudget = measured.overBudget
          break
        }
        for (const [reason, n] of Object.entries(measured.run.unanswered)) {
          if (PASSING_REASONS.some((one) => one === reason)) unanswered[reason] = (unanswered[reason] ?? 0) + n
        }
        runs.push(measured.run)
        predictions.push(...measured.predictions)
        yield* write
        const { cost, entityMicroF1, tokenMacroF1 } = measured.run
        const price = cost === undefined ? "" : `, $${cost.toFixed(4)}`
        say(`${name}: token macro F1 ${tokenMacroF1.toFixed(1)}, entity micro F1 ${entityMicroF1.toFixed(1)}${price}`)
      }
      yield* write
      const left = plan.sets.length - runs.length
      return {
        completion: completionOf(unanswered, overBudget, left),
        files: skipped.files,
        counts: {
          records: plan.dataset.records,
          sets: {
            in: plan.asked,
            out: runs.length,
            dropped: { infeasible: plan.asked - plan.sets.length, ...(left === 0 ? {} : { "over budget": left }) }
          }
        },
        summary: `${runs.length} sets, each asked about ${plan.dataset.test.length} sentences of ${plan.dataset.types.length} types`
      }
    })
  })
  return { manifest, table: yield* attempt("llm", () => Bun.file(table).text()) }
})

/** An answer that is refused or cannot be read is part of what is measured; a question that never reached the model is not. */
const completionOf = (unanswered: Readonly<Record<string, number>>, overBudget: number, sets: number): Completion => {
  const again = "what was answered is not asked again"
  if (overBudget > 0) {
    const missing = { ...unanswered, "questions over budget": overBudget, "sets over budget": sets }
    return { state: "incomplete", exitCode: 3, missing, remedy: `raise --max-cost and run it again: ${again}` }
  }
  if (Object.keys(unanswered).length === 0) return complete
  return { state: "incomplete", exitCode: 2, missing: unanswered, remedy: `run it again: ${again}` }
}

const providerName = ({ provider }: LlmBaselineOptions): string =>
  typeof provider === "string" ? provider : provider.provider
