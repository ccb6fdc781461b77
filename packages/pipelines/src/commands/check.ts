import { describeReport } from "@nuner/classifier"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { checkData, type FileCheck } from "../inputs/checkData.ts"
import { command } from "./command.ts"
import { labelledData, several } from "./components.ts"
import { show } from "./output.ts"

export const checkCommand = command("check", {
  does: "What a file holds and what is wrong with it, before money or time is spent",
  arguments: {
    files: several(
      "file",
      "data files of any format, or folders, each one set of data; those behind the first are looked at as test data of it"
    )
  },
  options: {},
  components: { data: labelledData },
  reads: ({ files }) => files,
  run: Effect.fnUntraced(function* ({ data, files }) {
    const checks = yield* attempt("check", () => checkData(files, data))
    for (const check of checks) yield* show(describe(check), check)
  })
})

const describe = (check: FileCheck): string => {
  const {
    entities,
    feasible,
    findings,
    firstMalformed,
    labelled,
    malformed,
    neighbours,
    overlapping,
    records,
    refused,
    repeated,
    summary
  } = check
  const lines = [
    ...(malformed > 0 ? [`${malformed} records cannot be used`, ...firstMalformed.map((one) => `  ${one}`)] : []),
    ...(labelled > 0 && labelled < records
      ? [`${records - labelled} records are not labelled: give those without entities "entities": []`]
      : []),
    ...(refused === undefined ? [] : [`nuner fit would refuse it: ${refused}`]),
    ...(repeated > 0 ? [`${repeated} records stand there twice`] : []),
    ...(overlapping > 0 ? [`${overlapping} records have entities that share words: say --overlap`] : []),
    ...(neighbours.count > 0
      ? [
          `${neighbours.count} entities touch one of their type: tags without B- lose ${(100 * neighbours.lost).toFixed(1)} % of the entities`
        ]
      : []),
    ...(findings === undefined ? [] : describeReport(findings)),
    ...(labelled > 0 ? [`few-shot sets can be mined for k = ${feasible.join(", ") || "none"}`] : [])
  ]
  const types = Object.entries(entities).map(([type, n]) => `  ${type} ${n}`)
  return [summary, ...types, ...lines.map((line) => `- ${line}`)].join("\n")
}
