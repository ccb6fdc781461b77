import { messageOf } from "@nuner/core"
import { Schema } from "effect"

/** A response that arrived and is not what the provider's API promises. */
export class UnreadableBodyError extends Error {
  override readonly name = "UnreadableBodyError"
  readonly body: unknown
  constructor(message: string, body: unknown) {
    super(message)
    this.body = body
  }
}

/** Reads a response by the part of its schema that we use. @throws UnreadableBodyError */
export const decodeBody = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, body: unknown): S["Type"] => {
  try {
    return Schema.decodeUnknownSync(schema)(body)
  } catch (cause) {
    throw new UnreadableBodyError(messageOf(cause), body)
  }
}

/** The same of an answer, which may be an error that came with status 200 (OpenRouter, gateways). @throws UnreadableBodyError */
export const decodeAnswer = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, body: unknown): S["Type"] => {
  if (errorIn(body) !== undefined) throw new UnreadableBodyError("the response is an error", body)
  return decodeBody(schema, body)
}

/** What stands in the field `error` of a body, if it says anything. */
export const errorIn = (body: unknown): unknown => {
  const { error } = (body ?? {}) as { readonly error?: unknown }
  return error === null || error === "" ? undefined : error
}
