import { test } from "bun:test"
import { Effect, type Scope } from "effect"

/** A scoped effect as a test body. */
export const effectTest = <A, E>(name: string, body: () => Effect.Effect<A, E, Scope.Scope>): void =>
  test(name, async () => {
    await Effect.runPromise(Effect.scoped(body()))
  })
