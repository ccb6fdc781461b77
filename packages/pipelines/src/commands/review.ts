import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { reviewStage } from "../stages/review.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { encoder, given, input, optional, out, types, without } from "./flags.ts"
import { show } from "./output.ts"

export const reviewCommand = Command.make(
  "review",
  {
    input: input("raw text, or sentences that an LLM, a model or a person has labelled"),
    encoder: encoder(),
    types: types.pipe(Flag.withDescription("types to label, separated by commas; default: those that occur")),
    model: optional.text("model", "a NER model: what it finds is shown where the input has no entities"),
    folder: out("a folder for the answers; one that has some is gone on with"),
    port: optional.int("port", "default: a free one"),
    strategy: optional.choice(
      "strategy",
      ["useful", "random", "order"],
      "what comes next: sentences that teach the model most (default), any, or as they stand in the file"
    ),
    heldOut: optional.number("held-out", "part of the sentences that score the model and never teach it; default 0.2"),
    again: optional.int("again", "every so many sentences one that another person has answered; default 10"),
    audit: optional.int("audit", "annotations to draw at random and look at, for their precision; default none"),
    c: optional.number("c", "inverse L2 strength of the probe; default 0.1"),
    seed: optional.int("seed", "of the random choices; default 0"),
    ...dataFlags
  },
  Effect.fn(function* ({ encoder, folder, input, ...flags }) {
    const url = yield* reviewStage({ encoder, folder, input, ...given(without(flags, dataFlags)), ...dataOf(flags) })
    yield* show(`${url}\nOpen it once, in one browser; answers are kept in ${folder}. Stop with Ctrl-C.`, {
      url,
      folder
    })
    yield* Effect.never
  }, Effect.scoped)
).pipe(Command.withDescription("Label and correct on a local page; a model learns from each answer"))
