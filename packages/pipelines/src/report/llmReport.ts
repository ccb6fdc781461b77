import { summarise } from "@nuner/metrics"
import type { DatasetReport } from "../benchmark/Dataset.ts"
import type { LlmRun } from "../llm/LlmRun.ts"
import { describeDataset } from "./benchmarkReport.ts"
import { markdownTable } from "./table.ts"

/** Scores of a language model by k with what they cost, in Markdown. */
export const llmReport = (runs: ReadonlyArray<LlmRun>, dataset: DatasetReport): string => {
  const { method, model, unit } = runs[0]!
  const sizes = [...new Set(runs.map(({ size }) => size))].sort((a, b) => a - b)
  const rows = sizes.map((size) => {
    const mine = runs.filter((run) => run.size === size)
    const sum = (of: (run: LlmRun) => number) => mine.reduce((total, run) => total + of(run), 0)
    const mean = (of: (run: LlmRun) => number) => sum(of) / mine.length
    return [
      size === 0 ? "0 (no examples)" : String(size),
      String(mine.length),
      spread(mine.map(({ tokenMacroF1 }) => tokenMacroF1)),
      spread(mine.map(({ entityMicroF1 }) => entityMicroF1)),
      number(mean(({ requests }) => requests)),
      number(mean(({ inputTokens }) => inputTokens)),
      number(mean(({ outputTokens }) => outputTokens)),
      mine.every(({ cost }) => cost !== undefined) ? `$${mean(({ cost }) => cost!).toFixed(4)}` : "–",
      number(sum(({ unanswered }) => total(unanswered))),
      `${number(sum(({ unaligned }) => total(unaligned)))} of ${number(sum(({ mentions }) => mentions))}`
    ]
  })
  const head = [
    ...[unit, "sets", "token macro F1", "entity micro F1", "requests a set", "tokens in", "tokens out", "cost a set"],
    ...["unanswered", "mentions without a place"]
  ]
  return [
    `# ${model}, ${method === "in-context" ? "in-context learning" : "one question a type (UniversalNER)"}: ${dataset.name}`,
    describeDataset(dataset),
    markdownTable(head, rows),
    "F1 in percent, mean over sets ± standard deviation of one set; sets and test sentences are those of `nuner benchmark` with the same " +
      "seed. Where nothing usable was answered, nothing is predicted. Requests, tokens and cost are those of the questions, whichever run " +
      "sent them, retries included; a question that several sets share is counted for each.",
    ...dataset.infeasible.map(({ reason, size }) => `${unit} = ${size}: ${reason}`)
  ]
    .join("\n\n")
    .concat("\n")
}

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)
const number = (value: number): string => Math.round(value).toLocaleString("en-US")
const spread = (values: ReadonlyArray<number>): string => {
  const { mean, standardDeviation } = summarise(values)
  return standardDeviation === undefined ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`
}
