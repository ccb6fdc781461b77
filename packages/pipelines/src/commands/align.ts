import { Effect } from "effect"
import { Command } from "effect/cli"
import { alignStage } from "../stages/align.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { given, input, optional, out, without } from "./flags.ts"

export const alignCommand = Command.make(
  "align",
  {
    input: input("annotated sentences, of any format that holds them"),
    out: out("aligned sentences, JSON Lines"),
    ...textFlags,
    policy: optional.choice("policy", ["all", "first", "in-order"], "which occurrences become mentions; default all"),
    overlap: optional.choice(
      "overlap",
      ["keep", "longest", "drop"],
      "what becomes of overlapping mentions; default keep"
    )
  },
  Effect.fn(function* ({ input, out, ...flags }) {
    yield* alignStage({ input, out, ...given(without(flags, textFlags)), ...dataOf(flags) })
  })
).pipe(Command.withDescription("Find where each annotated entity stands in its sentence"))
