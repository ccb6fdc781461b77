import { formats, option, Scheme } from "@nuner/core"
import { Effect, Schema } from "effect"
import { convertStage } from "../stages/convert.ts"
import { command } from "./command.ts"
import { labelledData, out, several } from "./components.ts"
import { show } from "./output.ts"

const named = (of: (format: (typeof formats)[number]) => boolean) =>
  formats
    .filter(of)
    .map(({ name, title }) => `${name} (${title})`)
    .join("; ")

export const convertCommand = command("convert", {
  does: "From any format that is read to any that is written",
  arguments: {
    inputs: several(
      "input",
      `files and folders, recognised by content; - is standard input. Read: ${named(() => true)}`
    )
  },
  options: {
    out: out("the file to write; its manifest stands beside it"),
    to: option(Schema.optionalKey(Schema.NonEmptyString), {
      help: `the format to write: ${named(({ write }) => write !== undefined)}`,
      absent: "as `out` ends"
    }),
    scheme: option(Schema.optionalKey(Scheme), { help: "of written tags", absent: "BIO" })
  },
  components: { data: labelledData },
  reads: ({ inputs }) => inputs,
  run: Effect.fnUntraced(function* (options) {
    yield* convertStage(options)
    yield* show(options.out)
  })
})
