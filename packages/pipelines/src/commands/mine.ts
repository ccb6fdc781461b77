import { Effect } from "effect"
import { Command } from "effect/cli"
import { mineStage } from "../stages/mine.ts"
import { input, ks, out, seed, sets } from "./flags.ts"

export const mineCommand = Command.make(
  "mine",
  {
    input: input("a labelled dataset: JSON Lines, JSON, Parquet, or columns of words and tags"),
    out: out("a folder for the sets"),
    ks: ks([1, 2, 4, 8, 16, 32, 64]),
    sets: sets(10),
    seed
  },
  Effect.fn(function* (options) {
    yield* mineStage(options)
  })
).pipe(Command.withDescription("Draw few-shot training sets with k to 2k entities of every type"))
