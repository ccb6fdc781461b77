import { engineNames, precisions, useEngine } from "@nuner/engine"
import { Effect, Schema } from "effect"
import { Flag, GlobalFlag } from "effect/cli"
import { attempt } from "../errors.ts"
import { given, optional } from "./flags.ts"

const Engine = GlobalFlag.Setting("engine")({
  flag: optional.choice("engine", engineNames, "computes with tensors; default NUNER_ENGINE, or the first that works")
})

const Precision = GlobalFlag.Setting("precision")({
  flag: optional.choice("precision", precisions, "of matrix products; default NUNER_PRECISION, or fp32")
})

const Threads = GlobalFlag.Setting("threads")({
  flag: Flag.Int("threads").pipe(
    Flag.withDescription("of the onnx engine; default NUNER_THREADS, or all processors"),
    Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0))),
    Flag.optional
  )
})

/** What every command takes to say how tensors are computed. */
export const engineFlags = [Engine, Precision, Threads] as const

/** Brings up the engine that the flags ask for, before a command begins; without them that is left to the work that needs it. */
export const chooseEngine = Effect.gen(function* () {
  const options = given({ prefer: yield* Engine, precision: yield* Precision, threads: yield* Threads })
  if (Object.keys(options).length > 0) yield* attempt("engine", () => useEngine(options))
})
