import { option, PositiveInt } from "@nuner/core"
import { Effect } from "effect"
import { formatPreview, previewStage } from "../stages/preview.ts"
import { command } from "./command.ts"
import { asked, askingLive, limit, llm, one, out, prices, prompt, textData } from "./components.ts"
import { show } from "./output.ts"

export const previewCommand = command("preview", {
  does: "See what an LLM makes of twenty sentences, and what all of them would cost",
  arguments: { input: one("input", "raw text: a file of any format, or a folder") },
  options: {
    out: out("what nuner annotate will write: the ledger beside it keeps these answers for it"),
    count: option(PositiveInt, {
      default: 20,
      help: "sentences to ask about, from all over the input"
    }),
    ...llm,
    prompt,
    prices,
    limit
  },
  // Nobody waits a day for a batch to see twenty sentences.
  components: { annotator: askingLive, data: textData },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ annotator, count, prices, prompt, ...options }) {
    const preview = yield* previewStage({ ...options, ...annotator, ...(yield* asked({ prompt, prices })) }, count)
    yield* show(formatPreview(preview), preview)
  })
})
