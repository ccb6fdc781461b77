import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { readDefinition } from "../benchmark/readDefinition.ts"
import { attempt } from "../errors.ts"
import { benchmarkStage } from "../stages/benchmark.ts"
import { out } from "./flags.ts"
import { show } from "./output.ts"

export const benchmarkCommand = Command.make(
  "benchmark",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("JSON: encoders, datasets, sizes of training sets, protocol; paths relative to it")
    ),
    out: out("a folder for runs.jsonl, tables.md and learning-curves.svg; what stands in runs.jsonl is not run again")
  },
  Effect.fn(function* ({ file, out }) {
    const definition = yield* attempt("benchmark", () => readDefinition(file))
    yield* show(yield* benchmarkStage({ definition, out }))
  })
).pipe(Command.withDescription("Few-shot transfer of several encoders on several datasets: tables and learning curves"))
