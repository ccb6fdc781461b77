import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { conceptsStage } from "../stages/concepts.ts"
import { given, input, optional, out } from "./flags.ts"

export const conceptsCommand = Command.make(
  "concepts",
  {
    input: input("aligned sentences, JSON Lines"),
    out: out("the sentences to train on, JSON Lines; the frequency table beside it"),
    top: optional.int("top", "keep the mentions of the n most frequent concepts only")
  },
  Effect.fn(function* ({ input, out, ...flags }) {
    yield* Console.log(yield* conceptsStage({ input, out, ...given(flags) }))
  })
).pipe(Command.withDescription("Choose what to train on, and count the concepts"))
