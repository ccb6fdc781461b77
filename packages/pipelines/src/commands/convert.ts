import { formats, Scheme } from "@nuner/core"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { convertStage } from "../stages/convert.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { given, optional, out } from "./flags.ts"
import { show } from "./output.ts"

const named = (of: (format: (typeof formats)[number]) => boolean) =>
  formats
    .filter(of)
    .map(({ name, title }) => `${name} (${title})`)
    .join("; ")

export const convertCommand = Command.make(
  "convert",
  {
    inputs: Argument.String("input").pipe(
      Argument.withDescription(
        `files and folders, recognised by content; - is standard input. Read: ${named(() => true)}`
      ),
      Argument.atLeast(1)
    ),
    out: out("the file to write; its manifest stands beside it"),
    to: optional.text(
      "to",
      `the format to write; absent: as --out ends. Written: ${named(({ write }) => write !== undefined)}`
    ),
    scheme: Flag.Literals("scheme", Scheme.literals).pipe(
      Flag.withDescription("of written tags; default BIO"),
      Flag.optional
    ),
    ...dataFlags
  },
  Effect.fn(function* ({ inputs, out, scheme, to, ...flags }) {
    yield* convertStage({ inputs, out, ...given({ scheme, to }), ...dataOf(flags) })
    yield* show(out)
  })
).pipe(Command.withDescription("From any format that is read to any that is written"))
