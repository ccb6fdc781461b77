import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { exportStage } from "../stages/export.ts"
import { given, optional, out, toggle } from "./flags.ts"
import { show } from "./output.ts"

const types = ["fp32", "fp16", "int8"] as const
const list = Schema.String.check(
  Schema.isPattern(/^(fp32|fp16|int8)(,(fp32|fp16|int8))*$/, { description: "fp32, fp16, int8, separated by commas" })
)

export const exportCommand = Command.make(
  "export",
  {
    model: Flag.String("model").pipe(Flag.withDescription("a model directory, or a name on the hub")),
    out: out("the directory to write: for transformers and, with --onnx, transformers.js"),
    onnx: Flag.String("onnx").pipe(
      Flag.withDescription("ONNX networks to add: fp32, fp16, int8, separated by commas"),
      Flag.withSchema(list),
      Flag.map((value) => types.filter((type) => value.split(",").includes(type))),
      Flag.optional
    ),
    dtype: optional.choice("dtype", ["F32", "F16"], "weights of model.safetensors; default F32"),
    encoderOnly: toggle("encoder-only", "leave a head out")
  },
  Effect.fn(function* ({ encoderOnly, model, out, ...flags }) {
    yield* exportStage({ model, out, encoderOnly, ...given(flags) })
    yield* show(out)
  })
).pipe(Command.withDescription("Write a model for Python's transformers and for transformers.js"))
