import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
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
    model: Argument.String("model").pipe(
      Argument.withDescription('a model directory, a name on the hub, or "mini", the encoder in the box (default)'),
      Argument.optional
    ),
    named: Flag.String("model").pipe(Flag.withDescription("the same, as a flag"), Flag.optional),
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
  Effect.fn(function* ({ encoderOnly, model: argument, named, out, ...flags }) {
    const model = Option.getOrElse(
      Option.orElse(argument, () => named),
      () => "mini"
    )
    yield* exportStage({ model, out, encoderOnly, ...given(flags) })
    yield* show(out)
  })
).pipe(Command.withDescription("Write a model for Python's transformers and for transformers.js"))
