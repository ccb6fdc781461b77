import { loadClassifier, serve } from "@nuner/classifier"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { attempt, stageError } from "../errors.ts"
import { given, optional } from "./flags.ts"
import { show } from "./output.ts"

export const serveCommand = Command.make(
  "serve",
  {
    model: Argument.String("model").pipe(Argument.withDescription("a model directory of nuner fit")),
    port: optional.int("port", "0 takes a free one; default 8080"),
    host: optional.text("host", "default 127.0.0.1: this machine only"),
    maxTextLength: optional.int("max-text-length", "UTF-16 units of a text; default 100000"),
    maxTexts: optional.int("max-texts", "texts of a request; default 256"),
    maxBody: optional.int("max-body", "bytes of a request; default 4 MiB"),
    maxBatch: optional.int("max-batch", "texts that are read together; default 32"),
    maxQueue: optional.int("max-queue", "texts that may wait; default 1024")
  },
  Effect.fn(function* ({ model, ...flags }) {
    const classifier = yield* Effect.acquireRelease(
      attempt("serve", () => loadClassifier(model)),
      (loaded) => Effect.sync(() => loaded.dispose())
    )
    const server = yield* Effect.acquireRelease(
      Effect.try({ try: () => serve({ classifier, ...given(flags) }), catch: stageError("serve") }),
      (started) => Effect.promise(() => started.stop())
    )
    yield* show(`${server.url}: POST /predict {"text": "..."}, GET /health; stop with Ctrl-C`, { url: server.url })
    yield* Effect.never
  }, Effect.scoped)
).pipe(Command.withDescription("Answer predictions over HTTP"))
