import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { baseStage } from "../stages/base.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { baseShape, given, optimisation, optional, out, seed, without } from "./flags.ts"

export const baseCommand = Command.make(
  "base",
  {
    inputs: Argument.String("text").pipe(
      Argument.withDescription("raw text: files of any format, and folders"),
      Argument.atLeast(1)
    ),
    out: out("the model directory"),
    ...baseShape,
    ...textFlags,
    from: optional.text(
      "from",
      "a model directory or hub name to adapt to the text, instead of making a base from nothing"
    ),
    ...optimisation,
    rowTokens: optional.int("row-tokens", "tokens of a row; default 64"),
    fitHead: optional.number(
      "fit-head",
      "part of the steps, the first ones, that train the language-model head alone; default 0.1 for an encoder without one"
    ),
    maskRate: optional.number("mask-rate", "part of the tokens that are masked; default 0.3, with --from 0.15"),
    wholeWords: Flag.Boolean("whole-words").pipe(
      Flag.withDescription("mask all sub-tokens of a word together"),
      Flag.optional
    ),
    seed
  },
  Effect.fn(function* ({ inputs, out, seed, ...flags }) {
    yield* baseStage({ inputs, out, seed, ...given(without(flags, textFlags)), ...dataOf(flags) })
  })
).pipe(Command.withDescription("Make a small RoBERTa and its tokenizer from text alone, or adapt an encoder to text"))
