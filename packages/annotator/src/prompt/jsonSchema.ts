import type { Schema } from "effect"
import { OpenAiStructuredOutput } from "effect/ai"
import type { JsonSchema } from "../llm/Llm.ts"

/**
 * The JSON schema that structured output is held to. OpenAI's strict subset (all properties required, none added) is also
 * Anthropic's. The only module that touches Effect's `ai`.
 */
export const jsonSchemaOf = <A>(name: string, schema: Schema.Codec<A, unknown>): JsonSchema => ({
  name,
  schema: OpenAiStructuredOutput.toCodecOpenAI(schema).jsonSchema as unknown as JsonSchema["schema"]
})
