import { describeEngine, useEngine } from "@nuner/engine"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { command } from "./command.ts"
import { show } from "./output.ts"

export const engineCommand = command("engine", {
  does: "Say which tensor engine is used, why, and how to get a faster one",
  arguments: {},
  options: {},
  run: Effect.fnUntraced(function* () {
    const engine = yield* attempt("engine", () => useEngine())
    yield* show(describeEngine(engine), engine)
  })
})
