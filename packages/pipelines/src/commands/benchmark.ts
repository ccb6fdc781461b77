import { Effect } from "effect"
import { readDefinition } from "../benchmark/readDefinition.ts"
import { attempt } from "../errors.ts"
import { benchmarkStage } from "../stages/benchmark.ts"
import { command } from "./command.ts"
import { one, out } from "./components.ts"
import { show } from "./output.ts"

export const benchmarkCommand = command("benchmark", {
  does: "Few-shot transfer of several encoders on several datasets: tables and learning curves",
  arguments: {
    file: one("file", "JSON: encoders, datasets, sizes of training sets, protocol; paths relative to it")
  },
  options: {
    out: out("a folder for runs.jsonl, tables.md and learning-curves.svg; what stands in runs.jsonl is not run again")
  },
  run: Effect.fnUntraced(function* ({ file, out }) {
    const definition = yield* attempt("benchmark", () => readDefinition(file))
    yield* show(yield* benchmarkStage({ definition, out }))
  })
})
