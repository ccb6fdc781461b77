import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import { issueOf } from "../issue.ts"

/** Where a value stands, and what to do where it is wrong. */
interface Place {
  readonly source: string
  readonly line?: number
  readonly remedy?: string
}

/** A schema as a function from an unknown value to what it stands for, or to the error that says what is wrong with it. */
export const decoder = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (value: unknown, at: Place): Result.Result<S["Type"], InputError> =>
    Result.mapError(decode(value), (error) => {
      const { path, reason } = issueOf(error, value)
      return new InputError({ ...at, reason, ...(path !== "" && { field: path }) })
    })
}
