import { type InputError, OptionError, option } from "@nuner/core"
import { Config, ConfigProvider, Effect, Layer, Redacted, Schema } from "effect"
import { anthropic } from "./anthropic.ts"
import { Llm, type LlmShape } from "./Llm.ts"
import { openai } from "./openai.ts"
import { readRecordedAnswers, recorded } from "./recorded.ts"

/** `openai`: chat completions. `openai-responses`: Responses. `openai-compatible`: any server with the chat completions API. */
export const ProviderName = Schema.Literals([
  "openai",
  "openai-responses",
  "openai-compatible",
  "anthropic",
  "recorded"
])
export type ProviderName = typeof ProviderName.Type

const text = Schema.optional(Schema.NonEmptyString)

/** Who is asked. */
export const ProviderOptions = Schema.Struct({
  provider: option(ProviderName, {
    help: "who answers: a service, any server with the chat completions API, or a file of answers"
  }),
  baseUrl: option(text, {
    help: "where the API is, with /v1 for OpenAI and its likes, without for Anthropic; needed by openai-compatible",
    absent: "the provider's own"
  }),
  keyVariable: option(text, {
    help: "environment variable that holds the key",
    absent: "OPENAI_API_KEY, ANTHROPIC_API_KEY; LLM_API_KEY for openai-compatible, where it may be absent"
  }),
  answers: option(text, { help: "JSON Lines of {text, response}: needed by recorded", absent: "none" })
})
export interface ProviderOptions extends Schema.Schema.Type<typeof ProviderOptions> {}

/** The provider of that name. Its key is read from the environment, and stays in this process's memory. */
export const layerProvider = (options: ProviderOptions): Layer.Layer<Llm, OptionError | InputError> =>
  Layer.effect(Llm, makeProvider(options))

const makeProvider = Effect.fnUntraced(function* (options: ProviderOptions) {
  const { answers, baseUrl, provider } = options
  const strange = provider === "recorded" ? (["baseUrl", "keyVariable"] as const) : (["answers"] as const)
  const idle = strange.find((option) => options[option] !== undefined)
  if (idle !== undefined) return yield* missing(idle, `${provider} has no use for it`, "leave it out")
  const base = baseUrl === undefined ? {} : { baseUrl }
  switch (provider) {
    case "openai":
      return openai({ apiKey: yield* key(options, "OPENAI_API_KEY"), ...base })
    case "openai-responses":
      return openai({ apiKey: yield* key(options, "OPENAI_API_KEY"), ...base, api: "responses" })
    case "openai-compatible": {
      if (baseUrl === undefined)
        return yield* missing(
          "baseUrl",
          "openai-compatible needs the server's address",
          "http://localhost:11434/v1 for Ollama"
        )
      const apiKey = yield* key(options, "LLM_API_KEY", Redacted.make("none"))
      return openai({ apiKey, baseUrl, name: provider, maxTokensField: "max_tokens", batch: false })
    }
    case "anthropic":
      return anthropic({ apiKey: yield* key(options, "ANTHROPIC_API_KEY"), ...base })
    case "recorded": {
      if (answers === undefined)
        return yield* missing("answers", "recorded needs a file of answers", 'JSONL of {"text", "response"}')
      return recorded(
        yield* Effect.tryPromise({
          try: () => readRecordedAnswers(answers),
          catch: (error) => error as InputError
        })
      )
    }
  }
}) satisfies (options: ProviderOptions) => Effect.Effect<LlmShape, unknown>

/** The key in the environment, without the white space around it that files and shells leave. */
const key = (options: ProviderOptions, variable: string, otherwise?: Redacted.Redacted<string>) => {
  const name = options.keyVariable ?? variable
  const read = Config.Redacted(name)
  const wanted = otherwise === undefined ? read : Config.withDefault(read, otherwise)
  const refuse = (reason: string) =>
    missing("provider", `the environment variable ${name} ${reason}`, `export ${name}=...`)
  // Behind the provider of the context the environment as it is now: Effect keeps what it was when it was first asked.
  return ConfigProvider.ConfigProvider.pipe(
    Effect.flatMap((provider) => wanted.parse(ConfigProvider.orElse(provider, ConfigProvider.fromEnv()))),
    Effect.catch(() => refuse("is not set")),
    Effect.map((found) => Redacted.value(found).trim()),
    Effect.filterOrElse(
      (found) => found !== "",
      () => refuse("is empty")
    ),
    Effect.filterOrElse(
      (found) => !/\s/.test(found),
      () => refuse("has white space within its key")
    ),
    Effect.map((found) => Redacted.make(found))
  )
}

const missing = (option: string, reason: string, remedy: string) =>
  Effect.fail(new OptionError({ component: "annotator", option, reason, remedy }))
