import { Schema } from "effect"
import { OptionError } from "./errors.ts"

/**
 * Decodes a component's options once, at its door: defaults filled in, unknown or out-of-range options refused by name.
 *
 * @throws OptionError
 */
export const decodeOptions = <S extends Schema.ConstraintDecoder<unknown>>(
  component: string,
  schema: S,
  options: unknown
): S["Type"] => {
  try {
    return Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(options)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    const option = /\["([^"]+)"\]/.exec(text)?.[1] ?? "?"
    throw new OptionError({ component, option, reason: text.replace(/\s*\n\s*/g, " ").trim() })
  }
}
