import type { Sentence } from "@nuner/core"
import { Stream } from "effect"
import type { AnnotateEvent } from "./AnnotateEvent.ts"
import type { AnnotateOptionsInput } from "./AnnotateOptions.ts"
import { annotateStream } from "./annotateStream.ts"
import type { LlmShape } from "./llm/Llm.ts"
import type { ProviderName, ProviderOptions } from "./llm/provider.ts"
import type { Prompt } from "./prompt/Prompt.ts"
import { iterate, layersOf, streamOf } from "./wiring.ts"

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
export async function* annotate({ sentences, ...input }: AnnotateInput): AsyncGenerator<AnnotateEvent, void, void> {
  const { layer, options } = layersOf(input)
  yield* iterate(Stream.provide(annotateStream(streamOf(sentences), options), layer), input.signal)
}
