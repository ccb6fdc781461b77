import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { pretrainStage } from "../stages/pretrain.ts"
import { pretrainSupervisedStage } from "../stages/pretrainSupervised.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { contrastive, encoder, given, optional, out, seed, training, without } from "./flags.ts"
import { show } from "./output.ts"

export const pretrainCommand = Command.make(
  "pretrain",
  {
    inputs: Argument.String("input").pipe(
      Argument.withDescription(
        "aligned sentences, or labelled data whose types are the concepts, one file or several; for --objective types: labelled data, name=file for each dataset with types of its own"
      ),
      Argument.atLeast(1)
    ),
    base: encoder("base"),
    out: out("the model directory of the encoder"),
    objective: Flag.Literals("objective", ["contrastive", "types"]).pipe(
      Flag.withDescription("NuNER's, or NER-BERT's classification into the types of human-labelled data, its baseline"),
      Flag.withDefault("contrastive")
    ),
    ...training,
    ...contrastive,
    concepts: Flag.Boolean("concepts").pipe(
      Flag.withDescription("contrastive: leave the concept encoder in <out>/concepts; --no-concepts does not"),
      Flag.optional
    ),
    dtype: optional.choice("dtype", ["F32", "F16"], "of the weights in the file; default F32"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ base, inputs, objective, out, seed, ...flags }) {
    const options = { base, inputs, out, seed, ...given(without(flags, dataFlags)), ...dataOf(flags) }
    yield* (objective === "types" ? pretrainSupervisedStage : pretrainStage)(options)
    yield* show(out)
  })
).pipe(
  Command.withDescription("Pre-train a NER encoder: by contrastive learning on aligned sentences (NuNER), or on types")
)
