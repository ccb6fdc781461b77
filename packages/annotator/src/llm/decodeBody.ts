import { messageOf } from "@nuner/core"
import { Schema } from "effect"
import { LlmError, Malformed } from "./LlmError.ts"

/** Reads a response by the part of its schema that we use. @throws LlmError Malformed */
export const decodeBody = <S extends Schema.ConstraintDecoder<unknown>>(
  provider: string,
  schema: S,
  body: unknown
): S["Type"] => {
  try {
    return Schema.decodeUnknownSync(schema)(body)
  } catch (cause) {
    const detail = messageOf(cause).replace(/\s+/g, " ").slice(0, 300)
    throw new LlmError({ provider, operation: "read the response", reason: new Malformed({ detail }) })
  }
}
