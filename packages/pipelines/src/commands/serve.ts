import { loadClassifier, ServeSettings, serve } from "@nuner/classifier"
import { Effect } from "effect"
import { attempt, stageError } from "../errors.ts"
import { command, component } from "./command.ts"
import { one } from "./components.ts"
import { show } from "./output.ts"

export const serveCommand = command("serve", {
  does: "Answer predictions over HTTP",
  arguments: { model: one("model", "a model directory of nuner fit") },
  options: {},
  components: { server: component(ServeSettings) },
  run: Effect.fnUntraced(function* ({ model, server: settings }) {
    const classifier = yield* Effect.acquireRelease(
      attempt("serve", () => loadClassifier(model)),
      (loaded) => Effect.sync(() => loaded.dispose())
    )
    const server = yield* Effect.acquireRelease(
      Effect.try({ try: () => serve({ classifier, ...settings }), catch: stageError("serve") }),
      (started) => Effect.promise(() => started.stop())
    )
    yield* show(`${server.url}: POST /predict {"text": "..."}, GET /health; stop with Ctrl-C`, { url: server.url })
    yield* Effect.never
  }, Effect.scoped)
})
