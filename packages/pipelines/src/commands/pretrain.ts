import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { pretrainStage } from "../stages/pretrain.ts"
import { given, input, optional, out, seed, training } from "./flags.ts"

export const pretrainCommand = Command.make(
  "pretrain",
  {
    input: input("aligned sentences, JSON Lines"),
    base: Flag.String("base").pipe(
      Flag.withDescription('a model directory, or a name on the Hugging Face hub such as "FacebookAI/roberta-base"')
    ),
    out: out("the model directory of the encoder"),
    ...training,
    dtype: optional.choice("dtype", ["F32", "F16"], "of the weights in the file; default F32"),
    seed
  },
  Effect.fn(function* ({ base, input, out, seed, ...flags }) {
    yield* pretrainStage({ base, input, out, seed, ...given(flags) })
    yield* Console.log(out)
  })
).pipe(Command.withDescription("Pre-train an encoder by contrastive learning on aligned sentences (NuNER)"))
