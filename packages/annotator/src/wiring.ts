import { type InputError, OptionError, type Sentence } from "@nuner/core"
import { Effect, Layer, Stream } from "effect"
import { annotateOptions } from "./AnnotateOptions.ts"
import type { AnnotateInput } from "./annotate.ts"
import type { Ledger } from "./ledger/Ledger.ts"
import type { LedgerError } from "./ledger/LedgerError.ts"
import { isPostgres, layerLedger } from "./ledger/layerLedger.ts"
import { Llm } from "./llm/Llm.ts"
import { layerProvider } from "./llm/provider.ts"
import { figure2 } from "./prompt/figure2.ts"
import { makeRun } from "./run/Run.ts"

/** Takes the parts of a plain call apart: what becomes layers, and what the stream wants. */
export const layersOf = (input: Omit<AnnotateInput, "sentences">) => {
  const { answers, baseUrl, keyVariable, ledger, provider, signal: _, ...options } = input
  if (options.leaseSeconds !== undefined && !isPostgres(ledger)) {
    const reason = "has no effect on a ledger for one process"
    throw new OptionError({ component: "annotator", option: "leaseSeconds", reason, remedy: "leave it out" })
  }
  const llm: Layer.Layer<Llm, OptionError | InputError> =
    typeof provider === "string"
      ? layerProvider({ provider, answers, baseUrl, keyVariable })
      : Layer.succeed(Llm, provider)
  const { prompt = figure2, ...plain } = options
  const checked = Effect.gen(function* () {
    const decoded = yield* Effect.try({ try: () => annotateOptions(plain), catch: (error) => error as OptionError })
    yield* makeRun(decoded, prompt, yield* Llm)
  })
  // What is refused leaves no ledger behind.
  const layer: Layer.Layer<Llm | Ledger, OptionError | InputError | LedgerError> = Layer.unwrap(
    Effect.as(checked, layerLedger(ledger))
  ).pipe(Layer.provideMerge(llm))
  return { layer, options }
}

/** An error of the source ends the run as it is. */
export const streamOf = (sentences: AsyncIterable<Sentence> | Iterable<Sentence>): Stream.Stream<Sentence> =>
  Symbol.asyncIterator in sentences
    ? Stream.orDie(Stream.fromAsyncIterable(sentences, (error) => error))
    : Stream.fromIterable(sentences)

/** The stream as an async iterable that ends with the signal's reason when it is aborted. */
export const iterate = <A, E>(stream: Stream.Stream<A, E>, signal: AbortSignal | undefined): AsyncIterable<A> =>
  Stream.toAsyncIterable(signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal)))

const aborted = (signal: AbortSignal) =>
  Effect.callback<never, unknown>((resume) => {
    const abort = () => resume(Effect.die(signal.reason))
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })
