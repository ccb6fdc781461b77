import { Console, Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { finetuneStage } from "../stages/finetune.ts"
import { given, input, integerList, optional, out } from "./flags.ts"

const strength = Schema.Union([Schema.Literal("cv"), Schema.FiniteFromString.check(Schema.isGreaterThan(0))])

export const finetuneCommand = Command.make(
  "finetune",
  {
    input: input("labelled sentences: JSON Lines, JSON, Parquet, or columns of words and tags"),
    encoder: Flag.String("encoder").pipe(Flag.withDescription("a model directory, or a name on the hub")),
    out: out("the model directory: encoder and head"),
    test: optional.text("test", "labelled sentences to score on"),
    c: Flag.String("c").pipe(
      Flag.withDescription('inverse L2 strength of the linear head, or "cv" to choose it by cross-validation'),
      Flag.withSchema(strength),
      Flag.optional
    ),
    scheme: optional.choice(
      "scheme",
      ["bare", "BIO"],
      "bare: a class a type; BIO keeps neighbours apart; default bare"
    ),
    layers: integerList("layers", "hidden states to read, -1 the last; default -1").pipe(Flag.optional),
    pooling: optional.choice("pooling", ["first", "mean"], "of a word's sub-tokens; default mean")
  },
  Effect.fn(function* ({ encoder, input, out, ...flags }) {
    yield* finetuneStage({ encoder, input, out, ...given(flags) })
    yield* Console.log(out)
  })
).pipe(Command.withDescription("Fit a NER model on a frozen encoder from labelled sentences"))
