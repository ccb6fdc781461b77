import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { reportStage } from "../stages/report.ts"
import { show } from "./output.ts"

export const reportCommand = Command.make(
  "report",
  {
    runs: Argument.String("run").pipe(
      Argument.withDescription("what a stage wrote, its manifest, or a folder of such"),
      Argument.atLeast(1)
    ),
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withDescription("the HTML file; default report.html"),
      Flag.withDefault("report.html")
    )
  },
  Effect.fn(function* ({ out, runs }) {
    yield* reportStage({ out, runs })
    yield* show(out, { out })
  })
).pipe(Command.withDescription("One HTML file of what stages made: texts, curves, errors, maps"))
