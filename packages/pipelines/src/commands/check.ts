import { describeReport } from "@nuner/classifier"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { checkData, type FileCheck } from "../inputs/checkData.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { show } from "./output.ts"

export const checkCommand = Command.make(
  "check",
  {
    files: Argument.String("file").pipe(
      Argument.withDescription(
        "data files of any format, or folders; those behind the first are looked at as test data of it"
      ),
      Argument.atLeast(1)
    ),
    ...dataFlags
  },
  Effect.fn(function* ({ files, ...flags }) {
    const checks = yield* attempt("check", () => checkData(files, dataOf(flags).data))
    for (const check of checks) yield* show(describe(check), check)
  })
).pipe(Command.withDescription("What a file holds and what is wrong with it, before money or time is spent"))

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
    repeated,
    summary
  } = check
  const lines = [
    ...(malformed > 0 ? [`${malformed} records cannot be used`, ...firstMalformed.map((one) => `  ${one}`)] : []),
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
