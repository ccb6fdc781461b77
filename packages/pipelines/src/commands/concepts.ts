import { Effect } from "effect"
import { Command } from "effect/cli"
import { conceptsStage } from "../stages/concepts.ts"
import { given, input, optional, out, seed } from "./flags.ts"
import { show } from "./output.ts"

export const conceptsCommand = Command.make(
  "concepts",
  {
    input: input("aligned sentences, JSON Lines"),
    out: out("the sentences to train on, JSON Lines; the frequency table beside it"),
    sampleSize: optional.int("sentences", "use this many of the sentences, drawn by the seed; default: all"),
    top: optional.int("top", "keep the mentions of the n most frequent concepts of these only"),
    empty: optional.choice("empty", ["drop", "keep"], "what becomes of sentences without a mention left; default drop"),
    seed
  },
  Effect.fn(function* ({ input, out, seed, ...flags }) {
    yield* show(yield* conceptsStage({ input, out, seed, ...given(flags) }))
  })
).pipe(Command.withDescription("Choose what to train on, and count the concepts"))
