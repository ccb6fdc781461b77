import { describeEngine, useEngine } from "@nuner/engine"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { show } from "./output.ts"

export const engineCommand = Command.make(
  "engine",
  {},
  Effect.fn(function* () {
    const engine = yield* attempt("engine", () => useEngine())
    yield* show(describeEngine(engine), engine)
  })
).pipe(Command.withDescription("Say which tensor engine is used, why, and how to get a faster one"))
