import type { BucketScore, MatchScore } from "@nuner/metrics"
import type { ModelEvaluation } from "../stages/evaluate.ts"
import { markdownTable } from "./table.ts"

/** An evaluation's tables, in Markdown. */
export const evaluationReport = (evaluation: ModelEvaluation): string => {
  const { against, byFrequency, byLength, byType, calibration, confusion, entities, errors, interval, words } =
    evaluation
  const types = Object.entries(byType)
  const parts = [
    `${evaluation.model} on ${evaluation.sentences} sentences of ${evaluation.input}; scores in percent, intervals of 95 % by sentence.`,
    markdownTable(
      ["type", "precision", "recall", "F1", "interval", "support", "word F1"],
      [
        ...types.map(([type, of]) => [
          type,
          ...scoreCells(of),
          span(of.interval),
          String(of.support),
          percent(of.words.f1)
        ]),
        [
          "all, micro",
          ...scoreCells(entities.micro),
          span(interval),
          String(entities.micro.support),
          percent(words.micro.f1)
        ],
        ["all, macro", ...scoreCells(entities.macro), "", "", `${percent(words.macro.f1)} ${span(words.interval)}`]
      ]
    ),
    markdownTable(
      ["measure", "precision", "recall", "F1", "correct", "partial", "wrong", "missed", "spurious"],
      (["strict", "boundary", "partial", "type"] as const).map((name) => [name, ...measureCells(evaluation[name])])
    ),
    markdownTable(
      ["gold \\ predicted", ...confusion.labels.map(missing("missed"))],
      confusion.labels.map((label, row) => [missing("spurious")(label), ...confusion.counts[row]!.map(String)])
    ),
    buckets("words of an entity", byLength)
  ]
  if (byFrequency !== undefined) parts.push(buckets("times in training", byFrequency))
  if (calibration !== undefined) {
    const rows = calibration.bins.map(({ count, from, precision, score, to }) => [
      `${from.toFixed(1)} to ${to.toFixed(1)}`,
      ...[String(count), percent(score), percent(precision)]
    ])
    parts.push(
      `${markdownTable(["probability", "entities", "mean", "right"], rows)}\n\nExpected calibration error ${percent(calibration.error)}.`
    )
  }
  if (errors.length > 0) {
    const rows = errors
      .slice(0, 15)
      .map(({ count, gold, kind, predicted, text }) => [
        text,
        kind,
        gold?.type ?? "",
        predicted === undefined
          ? ""
          : predicted.text === text
            ? predicted.type
            : `${predicted.type}: ${predicted.text}`,
        String(count)
      ])
    parts.push(markdownTable(["error", "kind", "gold", "predicted", "times"], rows))
  }
  if (against !== undefined) {
    const { a, b, difference, high, low, model, p } = against
    parts.push(
      `Against ${model}: ${percent(a)} and ${percent(b)}, difference ${percent(difference)} [${percent(low)}, ${percent(high)}], p = ${p.toFixed(4)} (paired bootstrap over sentences).`
    )
  }
  return parts.join("\n\n")
}

const buckets = (title: string, scores: ReadonlyArray<BucketScore>): string =>
  markdownTable(
    [title, "precision", "recall", "F1", "support"],
    scores
      .filter(({ predicted, support }) => predicted + support > 0)
      .map((score) => [score.bucket, ...scoreCells(score), String(score.support)])
  )

const missing =
  (name: string) =>
  (label: string): string =>
    label === "O" ? name : label

const percent = (value: number): string => (100 * value).toFixed(1)
const span = ({ high, low }: { readonly low: number; readonly high: number }): string =>
  `[${percent(low)}, ${percent(high)}]`
const scoreCells = ({ f1, precision, recall }: Pick<MatchScore, "f1" | "precision" | "recall">): Array<string> =>
  [precision, recall, f1].map(percent)
const measureCells = (score: MatchScore): Array<string> => [
  ...scoreCells(score),
  ...[score.correct, score.partial, score.incorrect, score.missed, score.spurious].map(String)
]
