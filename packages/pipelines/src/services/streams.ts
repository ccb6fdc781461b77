import { Cause, Effect, Stream } from "effect"
import { attempt, type StageError, stageError } from "../errors.ts"

/** Records of a file that are read in one go: a stream's step costs more than a record. */
export const READ = 64

/**
 * What a package gives as an iterable, as a stream: its errors are typed. Interruption aborts the signal and then waits for the iterable to end in
 * good order.
 *
 * @param size items that are read in one go. Default 1: each is passed on as soon as it is there
 */
export const streamOf = <A>(
  stage: string,
  open: (signal: AbortSignal) => AsyncIterable<A> | Iterable<A>,
  size = 1
): Stream.Stream<A, StageError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const controller = new AbortController()
      const opened = open(controller.signal)
      const items = Symbol.asyncIterator in opened ? opened[Symbol.asyncIterator]() : opened[Symbol.iterator]()
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(async () => items.return?.())))
      let ended = false
      const read = async (): Promise<ReadonlyArray<A>> => {
        const some: Array<A> = []
        while (some.length < size && !ended) {
          const { done, value } = await items.next()
          if (done === true) ended = true
          else some.push(value)
        }
        return some
      }
      const next = Effect.callback<ReadonlyArray<A>, StageError>((resume) => {
        const settled = read().then(
          (some) => resume(Effect.succeed(some)),
          (cause) => resume(Effect.fail(stageError(stage)(cause)))
        )
        return Effect.promise(() => {
          controller.abort()
          return settled
        })
      })
      return Stream.fromPull(
        Effect.succeed(
          Effect.flatMap(next, ([first, ...others]) =>
            first === undefined ? Cause.done() : Effect.succeed([first, ...others] as const)
          )
        )
      )
    })
  )

/**
 * Gives a stream to a function of a package that reads it, such as a writer. An interruption reaches the reader as an error, so that what was read so
 * far is not taken for all.
 */
export const into =
  <A, B>(stage: string, read: (items: AsyncIterable<A>) => Promise<B>) =>
  <R>(self: Stream.Stream<A, StageError, R>): Effect.Effect<B, StageError, R> =>
    Effect.flatMap(Stream.toAsyncIterableEffect(self), (items) =>
      attempt(stage, (signal) => read(unlessAborted(signal, items)))
    )

async function* unlessAborted<A>(signal: AbortSignal, source: AsyncIterable<A>): AsyncGenerator<A> {
  const items = source[Symbol.asyncIterator]()
  const end = async () => {
    await items.return?.()
  }
  signal.addEventListener("abort", end, { once: true })
  try {
    for (;;) {
      const { done, value } = await items.next()
      signal.throwIfAborted()
      if (done === true) return
      yield value
    }
  } finally {
    signal.removeEventListener("abort", end)
    await end()
  }
}
