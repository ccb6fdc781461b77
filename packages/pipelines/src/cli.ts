#!/usr/bin/env bun
import { Effect, Fiber } from "effect"
import { nuner } from "./nuner.ts"

const fiber = Effect.runFork(nuner(process.argv.slice(2)))
// The first signal ends the work in good order, with checkpoints; a second one ends the process.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    process.once(signal, () => process.exit(130))
    Effect.runFork(Fiber.interrupt(fiber))
  })
}
process.exit(await Effect.runPromise(Fiber.join(fiber)).catch(() => 130))
