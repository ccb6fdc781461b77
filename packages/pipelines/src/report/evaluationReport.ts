import type { BucketScore, MatchScore } from "@nuner/metrics"
import { limitLines } from "../inputs/limits.ts"
import type { ModelEvaluation } from "../stages/evaluate.ts"
import { markdownTable } from "./table.ts"

interface Table {
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export interface EvaluationTables {
  readonly intro: string
  readonly tables: ReadonlyArray<Table>
  /** The calibration error in words, where there is one. */
  readonly calibration: string | undefined
  /** The comparison with another model in words, where there is one. */
  readonly against: string | undefined
}

/** An evaluation's tables, for a terminal and for a page. */
export const evaluationTables = (evaluation: ModelEvaluation): EvaluationTables => {
  const { against, byFrequency, byLength, byType, calibration, confusion, entities, errors, interval, words } =
    evaluation
  const tables: Array<Table> = [
    {
      head: ["type", "precision", "recall", "F1", "interval", "support", "word F1"],
      rows: [
        ...Object.entries(byType).map(([type, of]) => [
          ...[type, ...scoreCells(of), span(of.interval), String(of.support), percent(of.words.f1)]
        ]),
        [
          ...["all, micro", ...scoreCells(entities.micro), span(interval), String(entities.micro.support)],
          percent(words.micro.f1)
        ],
        ["all, macro", ...scoreCells(entities.macro), "", "", `${percent(words.macro.f1)} ${span(words.interval)}`]
      ]
    },
    {
      head: ["measure", "precision", "recall", "F1", "correct", "partial", "wrong", "missed", "spurious"],
      rows: (["strict", "boundary", "partial", "type"] as const).map((name) => [
        name,
        ...measureCells(evaluation[name])
      ])
    },
    {
      head: ["gold \\ predicted", ...confusion.labels.with(-1, "missed")],
      rows: confusion.labels.with(-1, "spurious").map((label, row) => [label, ...confusion.counts[row]!.map(String)])
    },
    buckets("words of an entity", byLength)
  ]
  if (byFrequency !== undefined) tables.push(buckets("times in training", byFrequency))
  if (calibration !== undefined) {
    tables.push({
      head: ["probability", "entities", "mean", "right"],
      rows: calibration.bins.map(({ count, from, precision, score, to }) => [
        ...[`${from.toFixed(1)} to ${to.toFixed(1)}`, String(count), percent(score), percent(precision)]
      ])
    })
  }
  if (errors.length > 0) {
    tables.push({
      head: ["error", "kind", "gold", "predicted", "times"],
      rows: errors.slice(0, 15).map(({ count, gold, kind, predicted, text }) => {
        const said = predicted?.text === text ? predicted.type : predicted && `${predicted.type}: ${predicted.text}`
        return [text, kind, gold?.type ?? "", said ?? "", String(count)]
      })
    })
  }
  return {
    intro: `${evaluation.model} on ${evaluation.sentences} sentences of ${evaluation.input}; scores in percent, intervals of 95 % by sentence.`,
    tables,
    calibration: calibration && `Expected calibration error ${percent(calibration.error)}.`,
    against:
      against &&
      `Against ${against.model}: ${percent(against.a)} and ${percent(against.b)}, difference ${percent(against.difference)} ` +
        `${span(against)}, p = ${against.p.toFixed(4)} (paired bootstrap over sentences).`
  }
}

/** An evaluation in Markdown. */
export const evaluationReport = (evaluation: ModelEvaluation): string => {
  const { against, calibration, intro, tables } = evaluationTables(evaluation)
  const limits = evaluation.limits && limitLines(evaluation.limits).join("\n")
  return [intro, ...tables.map(({ head, rows }) => markdownTable(head, rows)), calibration, against, limits]
    .filter((part) => part !== undefined && part !== "")
    .join("\n\n")
}

const buckets = (title: string, scores: ReadonlyArray<BucketScore>): Table => ({
  head: [title, "precision", "recall", "F1", "support"],
  rows: scores
    .filter(({ predicted, support }) => predicted + support > 0)
    .map((score) => [score.bucket, ...scoreCells(score), String(score.support)])
})

const percent = (value: number): string => (100 * value).toFixed(1)
const span = ({ high, low }: { readonly low: number; readonly high: number }): string =>
  `[${percent(low)}, ${percent(high)}]`
const scoreCells = ({ f1, precision, recall }: Pick<MatchScore, "f1" | "precision" | "recall">): Array<string> =>
  [precision, recall, f1].map(percent)
const measureCells = (score: MatchScore): Array<string> => [
  ...scoreCells(score),
  ...[score.correct, score.partial, score.incorrect, score.missed, score.spurious].map(String)
]
