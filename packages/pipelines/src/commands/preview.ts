import { Effect, Option } from "effect"
import { Command } from "effect/cli"
import { formatPreview, previewStage } from "../stages/preview.ts"
import { annotationOf } from "./annotate.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { answering, asking, flow, given, input, llm, optional, out, without } from "./flags.ts"
import { show } from "./output.ts"

/** Nobody waits a day to see twenty sentences. */
const { batch: _, batchSize: __, dryRun: ___, pollSeconds: ____, ...kept } = answering

export const previewCommand = Command.make(
  "preview",
  {
    input: input("raw text: a file of any format, or a folder"),
    out: out("what nuner annotate will write: the ledger beside it keeps these answers for it"),
    count: optional.int("count", "sentences to ask about, from all over the input; default 20"),
    ...llm,
    ...asking,
    ...flow,
    ...textFlags,
    ...kept
  },
  Effect.fn(function* ({ count, input, out, ...flags }) {
    const live = { batch: false, batchSize: Option.none(), dryRun: false, pollSeconds: Option.none() }
    const asked = yield* annotationOf({ ...without(flags, textFlags), ...live })
    const options = { input, out, ...asked, ...dataOf(flags) }
    const preview = yield* previewStage(options, given({ count }).count)
    yield* show(formatPreview(preview), preview)
  })
).pipe(Command.withDescription("See what an LLM makes of twenty sentences, and what all of them would cost"))
