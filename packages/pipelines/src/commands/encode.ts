import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { encodeStage } from "../stages/encode.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { encoder, given, integerList, optional, out, without } from "./flags.ts"
import { show } from "./output.ts"

export const encodeCommand = Command.make(
  "encode",
  {
    inputs: Argument.String("input").pipe(
      Argument.withDescription("files and folders to read sentences from"),
      Argument.atLeast(1)
    ),
    model: encoder("model"),
    out: out("vectors.parquet or vectors.jsonl"),
    layers: integerList("layers", "hidden states to concatenate, -1 the last; default -1").pipe(Flag.optional),
    pooling: optional.choice(
      "pooling",
      ["none", "word", "first", "mean"],
      "none: a vector a token; word: a vector a word; first: that of <s> or [CLS]; mean: over the text; default none"
    ),
    offsets: optional.choice(
      "offsets",
      ["utf16", "codepoints", "bytes"],
      "how start and end count: codepoints for Python; default utf16"
    ),
    batchTokens: optional.int("batch-tokens", "the most tokens of a batch, padding included; default 2048"),
    overlap: optional.int("overlap", "tokens that windows of a long text share; default: a quarter of the window"),
    ...textFlags,
    readAhead: optional.int("read-ahead", "sentences sorted by length together; default 2048")
  },
  Effect.fn(function* ({ inputs, model, out, ...flags }) {
    yield* encodeStage({ inputs, model, out, ...given(without(flags, textFlags)), ...dataOf(flags) })
    yield* show(out)
  })
).pipe(Command.withDescription("Write the vectors of texts, by token, word or sentence, to Parquet or JSON Lines"))
