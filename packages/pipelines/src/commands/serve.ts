import { ServeSettings, serve } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import { Effect } from "effect"
import { attempt, stageError } from "../errors.ts"
import { parseThresholds, parseTypes } from "../inputs/asked.ts"
import { loadRecogniser } from "../inputs/loadRecogniser.ts"
import { command, component } from "./command.ts"
import { askedThresholds, askedTypes, one } from "./components.ts"
import { show } from "./output.ts"

export const serveCommand = command("serve", {
  does: "Answer predictions over HTTP",
  arguments: { model: one("model", "a model directory of nuner fit; a zero-shot model, such as mini") },
  options: { types: askedTypes, thresholds: askedThresholds },
  components: { server: component(ServeSettings) },
  run: Effect.fnUntraced(function* ({ model, server: settings, thresholds, types }) {
    const recogniser = yield* Effect.acquireRelease(
      attempt("serve", () =>
        loadRecogniser(model, { types: parseTypes(types), thresholds: parseThresholds(thresholds) })
      ),
      (loaded) => Effect.sync(() => loaded.dispose())
    )
    if (recogniser.together) {
      const reason = "its scores depend on all texts that are read together (TadNER's published mode)"
      return yield* new InputError({ source: model, reason, remedy: "adapt one in the corrected mode" })
    }
    const server = yield* Effect.acquireRelease(
      Effect.try({ try: () => serve({ classifier: recogniser, ...settings }), catch: stageError("serve") }),
      (started) => Effect.promise(() => started.stop())
    )
    yield* show(`${server.url}: POST /predict {"text": "..."}, GET /health; stop with Ctrl-C`, { url: server.url })
    yield* Effect.never
  }, Effect.scoped)
})
