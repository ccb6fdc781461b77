import { describeEngine, useEngine } from "@nuner/engine"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { attempt } from "../errors.ts"

export const engineCommand = Command.make(
  "engine",
  {},
  Effect.fn(function* () {
    yield* Console.log(describeEngine(yield* attempt("engine", () => useEngine())))
  })
).pipe(Command.withDescription("Say which tensor engine is used, why, and how to get a faster one"))
