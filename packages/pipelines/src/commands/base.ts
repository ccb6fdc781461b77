import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { baseStage } from "../stages/base.ts"
import { baseShape, given, optional, out, seed } from "./flags.ts"

export const baseCommand = Command.make(
  "base",
  {
    inputs: Argument.String("text").pipe(
      Argument.withDescription("text files, folders of .txt files, JSON Lines of sentences or C4 records"),
      Argument.atLeast(1)
    ),
    out: out("the model directory"),
    ...baseShape,
    batchSize: optional.int("batch-size", "rows of a batch; default 16"),
    rowTokens: optional.int("row-tokens", "tokens of a row; default 64"),
    learningRate: optional.number("learning-rate", "AdamW's peak rate; default 1e-3"),
    maskRate: optional.number("mask-rate", "part of the tokens that are masked; default 0.3"),
    seed
  },
  Effect.fn(function* ({ inputs, out, seed, ...flags }) {
    yield* baseStage({ inputs, out, seed, ...given(flags) })
  })
).pipe(Command.withDescription("Make a small RoBERTa and its tokenizer from text alone"))
