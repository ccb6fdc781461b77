import { type Encoder, fromPretrained, resolveModel } from "@nuner/encoder"
import { Effect, type Scope } from "effect"
import { attempt, type StageError } from "../errors.ts"
import { Progress } from "../services/Progress.ts"

/** The directory of an encoder that was named, or of the one in the box, which most commands take where none is: it is said. */
export const resolveEncoder = (stage: string, model: string): Effect.Effect<string, StageError, Progress> =>
  Effect.gen(function* () {
    const directory = yield* attempt(stage, () => resolveModel(model))
    const { say } = yield* Progress
    if (model === "mini") say(`${stage.padEnd(10)} encoder: mini, the one in the box`)
    return directory
  })

/** The encoder of a directory, until the scope ends. */
export const openEncoder = (stage: string, directory: string): Effect.Effect<Encoder, StageError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(stage, () => fromPretrained(directory)),
    (encoder) => Effect.sync(() => encoder.dispose())
  )
