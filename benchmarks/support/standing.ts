import { existsSync, readFileSync } from "node:fs"
import { Schema } from "effect"

/** The lines of a log that stands so far: what they say was measured is not measured again. */
export const standing = <S extends Schema.ConstraintDecoder<unknown>>(
  log: string,
  line: S
): ReadonlyArray<S["Type"]> =>
  existsSync(log)
    ? Schema.decodeUnknownSync(Schema.Array(line))(
        readFileSync(log, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((text) => JSON.parse(text))
      )
    : []
