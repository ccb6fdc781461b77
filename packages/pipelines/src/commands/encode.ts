import { option } from "@nuner/core"
import { EncodeOptions } from "@nuner/encoder"
import { Effect, Schema } from "effect"
import { encodeStage } from "../stages/encode.ts"
import { command, component } from "./command.ts"
import { encoder, out, several, textData } from "./components.ts"
import { show } from "./output.ts"

export const encodeCommand = command("encode", {
  does: "Write the vectors of texts, by token, word or sentence, to Parquet or JSON Lines",
  arguments: { inputs: several("input", "files and folders to read sentences from") },
  options: {
    model: encoder,
    out: out("vectors.parquet or vectors.jsonl"),
    offsets: option(Schema.Literals(["utf16", "codepoints", "bytes"]), {
      default: "utf16",
      help: "how start and end count: codepoints for Python",
      needs: { option: "pooling", is: ["none", "word"] }
    })
  },
  components: { encoding: component(EncodeOptions), data: textData },
  reads: ({ inputs }) => inputs,
  run: Effect.fnUntraced(function* ({ data, encoding, ...options }) {
    yield* encodeStage({ ...options, ...encoding, data })
    yield* show(options.out)
  })
})
