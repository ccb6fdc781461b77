import type { Sentence } from "@nuner/core"
import { Effect, Layer, Stream } from "effect"
import type { AnnotateEvent } from "./AnnotateEvent.ts"
import type { AnnotateOptionsInput } from "./AnnotateOptions.ts"
import { annotateStream } from "./annotateStream.ts"
import { layerLedger } from "./ledger/layerLedger.ts"
import { Llm, type LlmShape } from "./llm/Llm.ts"
import { layerProvider, type ProviderName, type ProviderOptions } from "./llm/provider.ts"
import type { Prompt } from "./prompt/Prompt.ts"

export interface AnnotateInput extends AnnotateOptionsInput, Omit<ProviderOptions, "provider"> {
  readonly sentences: AsyncIterable<Sentence> | Iterable<Sentence>
  /** A provider's name, or one of your own. */
  readonly provider: ProviderName | LlmShape
  /** A file name (SQLite), `postgres://...`, or `:memory:`. */
  readonly ledger: string
  /** Default: figure2 */
  readonly prompt?: Prompt
  /** Aborting ends the run at once; a rerun continues it. */
  readonly signal?: AbortSignal
}

/**
 * Annotates sentences: `for await (const event of annotate({ sentences, provider: "openai", model, ledger }))`.
 * A record for every sentence in the order of the input, progress in between, a summary at the end (see AnnotateEvent).
 * Leaving the loop stops the run; the same call continues it and asks nothing twice.
 *
 * @throws OptionError, InputError, LedgerError, LlmError (only if no request can succeed)
 */
export async function* annotate(input: AnnotateInput): AsyncGenerator<AnnotateEvent, void, void> {
  const { answers, baseUrl, keyVariable, ledger, provider, sentences, signal, ...options } = input
  const llm =
    typeof provider === "string"
      ? layerProvider({ provider, answers, baseUrl, keyVariable })
      : Layer.succeed(Llm, provider)
  const stream = annotateStream(streamOf(sentences), options).pipe(
    Stream.provide(Layer.merge(llm, layerLedger(ledger))),
    signal === undefined ? (self) => self : Stream.interruptWhen(aborted(signal))
  )
  yield* Stream.toAsyncIterable(stream)
}

const streamOf = (sentences: AsyncIterable<Sentence> | Iterable<Sentence>): Stream.Stream<Sentence> =>
  Symbol.asyncIterator in sentences
    ? Stream.orDie(Stream.fromAsyncIterable(sentences, (error) => error))
    : Stream.fromIterable(sentences)

const aborted = (signal: AbortSignal) =>
  Effect.callback<never, unknown>((resume) => {
    const abort = () => resume(Effect.die(signal.reason))
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })
