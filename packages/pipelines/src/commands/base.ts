import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
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
    from: optional.text(
      "from",
      "a model directory or hub name to adapt to the text, instead of making a base from nothing"
    ),
    batchSize: optional.int("batch-size", "rows of a batch; default 16"),
    rowTokens: optional.int("row-tokens", "tokens of a row; default 64"),
    learningRate: optional.number("learning-rate", "AdamW's peak rate; default 1e-3, with --from 1e-4"),
    warmup: optional.number("warmup", "part of the steps in which the rate rises; default 0.05"),
    decay: optional.number("decay", "part of the steps, the last ones, in which it falls; default 0.3"),
    weightDecay: optional.number("weight-decay", "of AdamW, not on biases and norms; default 0.01"),
    clip: optional.number("clip", "largest global gradient norm; default 1"),
    dropout: optional.number("dropout", "on embeddings, attention and feed-forward outputs; default 0"),
    maskRate: optional.number("mask-rate", "part of the tokens that are masked; default 0.3"),
    wholeWords: Flag.Boolean("whole-words").pipe(
      Flag.withDescription("mask all sub-tokens of a word together"),
      Flag.optional
    ),
    validation: optional.number("validation", "part of the rows to validate on; default 0.02"),
    validateEvery: optional.int("validate-every", "steps between validations; default 500"),
    seed
  },
  Effect.fn(function* ({ inputs, out, seed, ...flags }) {
    yield* baseStage({ inputs, out, seed, ...given(flags) })
  })
).pipe(Command.withDescription("Make a small RoBERTa and its tokenizer from text alone, or adapt an encoder to text"))
