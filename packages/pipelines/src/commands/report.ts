import { option } from "@nuner/core"
import { Effect, Schema } from "effect"
import { reportStage } from "../stages/report.ts"
import { command } from "./command.ts"
import { several } from "./components.ts"
import { show } from "./output.ts"

export const reportCommand = command("report", {
  does: "One HTML file of what stages made: texts, curves, errors, maps",
  arguments: { runs: several("run", "what a stage wrote, its manifest, or a folder of such") },
  options: { out: option(Schema.NonEmptyString, { default: "report.html", help: "the HTML file" }) },
  run: Effect.fnUntraced(function* ({ out, runs }) {
    yield* reportStage({ out, runs })
    yield* show(out, { out })
  })
})
