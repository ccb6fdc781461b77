import type { DataReport } from "./checkLabelled.ts"

/**
 * The report's findings as sentences, at most `examples` examples of a kind. Empty where there is nothing to say.
 *
 * @param held what the data beside the training data is called
 */
export const describeReport = (report: DataReport, examples = 3, held = "test"): Array<string> => {
  const { rare, inconsistent, leaked = [], unseen = [] } = report
  const some = <A>(items: ReadonlyArray<A>, word: (item: A) => string) =>
    items.slice(0, examples).map(word).join(", ") +
    (items.length > examples ? `, and ${items.length - examples} more` : "")
  return [
    ...(report.entities === 0 ? ["no entity at all: nothing can be learned"] : []),
    ...(rare.length > 0 ? [`types with fewer than 2 examples: ${some(rare, ({ type }) => type)}`] : []),
    ...(inconsistent.length > 0
      ? [
          `strings not labelled the same way everywhere: ${some(inconsistent, ({ text, types, unlabelled }) => {
            const labels = Object.entries(types).map(([type, count]) => `${type} ${count}x`)
            return `"${text}" (${[...labels, ...(unlabelled > 0 ? [`unlabelled ${unlabelled}x`] : [])].join(", ")})`
          })}`
        ]
      : []),
    ...(leaked.length > 0
      ? [
          `${held} sentences that also stand in the training data: ${leaked.length} (${some(leaked, ({ text }) => `"${text}"`)})`
        ]
      : []),
    ...(unseen.length > 0
      ? [`types of the ${held} data without a training example: ${some(unseen, (type) => type)}`]
      : [])
  ]
}
