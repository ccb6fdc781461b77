import { OptionError, option } from "@nuner/core"
import { Effect, Option, Schema } from "effect"
import { Argument } from "effect/cli"
import { exportStage } from "../stages/export.ts"
import { command } from "./command.ts"
import { dtype, file, one, out, toggle } from "./components.ts"
import { show } from "./output.ts"

export const exportCommand = command("export", {
  does: "Write a model for Python's transformers and for transformers.js",
  arguments: {
    named: one("model", 'a model directory, a name on the hub, or "mini", the encoder in the box').pipe(
      Argument.optional
    )
  },
  options: {
    model: file("the same, as a flag", "mini"),
    out: out("the directory to write: for transformers and, with `onnx`, transformers.js"),
    onnx: option(Schema.Array(Schema.Literals(["fp32", "fp16", "int8"])), {
      default: [],
      help: "ONNX networks to add: fp32, fp16, int8"
    }),
    dtype,
    encoderOnly: toggle("leave a head out")
  },
  run: Effect.fnUntraced(function* ({ model, named, ...options }) {
    if (model !== undefined && Option.isSome(named)) {
      const [reason, remedy] = ["stands beside the argument", "give one of them"]
      return yield* new OptionError({ component: "export", option: "model", reason, remedy })
    }
    yield* exportStage({ model: Option.getOrElse(named, () => model ?? "mini"), ...options })
    yield* show(options.out)
  })
})
