import { formatForecast } from "@nuner/annotator"
import { Effect } from "effect"
import { completed } from "../errors.ts"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { command } from "./command.ts"
import { annotating, asked, dryRun, limit, llm, one, out, prices, prompt, textData } from "./components.ts"
import { show } from "./output.ts"

export const annotateCommand = command("annotate", {
  does: "Ask an LLM for the entities of every sentence, in its own concepts",
  arguments: { input: one("input", "raw text: a file of any format, or a folder") },
  options: { out: out("annotated sentences, JSON Lines"), ...llm, prompt, prices, limit, dryRun },
  components: { annotator: annotating, data: textData },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ annotator, dryRun, prices, prompt, ...options }) {
    const asking = { ...options, ...annotator, ...(yield* asked({ prompt, prices })) }
    if (dryRun) {
      const forecast = yield* annotateForecast(asking)
      return yield* show(formatForecast(forecast), forecast)
    }
    yield* completed(yield* annotateStage(asking))
  })
})
