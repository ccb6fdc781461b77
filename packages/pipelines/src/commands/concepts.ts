import { Effect } from "effect"
import { Command } from "effect/cli"
import { conceptsStage } from "../stages/concepts.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { given, input, optional, out, seed, without } from "./flags.ts"
import { show } from "./output.ts"

export const conceptsCommand = Command.make(
  "concepts",
  {
    input: input("aligned sentences, or labelled data of any format, whose types are the concepts"),
    out: out("the sentences to train on, JSON Lines; the frequency table beside it"),
    sampleSize: optional.int("sentences", "use this many of the sentences, drawn by the seed; default: all"),
    top: optional.int("top", "keep the mentions of the n most frequent concepts of these only"),
    empty: optional.choice("empty", ["drop", "keep"], "what becomes of sentences without a mention left; default drop"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ input, out, seed, ...flags }) {
    const options = { ...given(without(flags, dataFlags)), ...dataOf(flags) }
    yield* show(yield* conceptsStage({ input, out, seed, ...options }))
  })
).pipe(Command.withDescription("Choose what to train on, and count the concepts"))
