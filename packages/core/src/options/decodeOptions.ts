import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { OptionError } from "../errors.ts"
import { issueOf } from "../issue.ts"

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
  const decoded = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(options ?? {})
  if (Result.isSuccess(decoded)) return decoded.success
  const { path, reason } = issueOf(decoded.failure, options)
  const known = knownOptions(schema)
  if (known.length > 0 && path !== "" && !path.includes(".") && !known.includes(path.replace(/\[.*/, ""))) {
    const near = nearest(path, known)
    throw new OptionError({
      component,
      option: path,
      reason: near === undefined ? "unknown option" : `unknown option; did you mean "${near}"?`,
      remedy: `options: ${known.join(", ")}`
    })
  }
  throw new OptionError({ component, option: path === "" ? "options" : path, reason })
}

/**
 * `decodeOptions` of options that start from a recipe, by its name: those absent are the recipe's.
 *
 * @throws OptionError, also for a name that no recipe has
 */
export const decodePreset = <S extends Schema.ConstraintDecoder<unknown>, Name extends string>(
  component: string,
  schema: S,
  presets: Readonly<Record<Name, object>>,
  preset: Name,
  options: object
): S["Type"] => {
  if (!Object.hasOwn(presets, preset)) {
    const remedy = `presets: ${Object.keys(presets).join(", ")}`
    throw new OptionError({ component, option: "preset", reason: `there is no "${preset}"`, remedy })
  }
  return decodeOptions(component, schema, { ...presets[preset], ...options })
}

const knownOptions = (schema: object): ReadonlyArray<string> =>
  "fields" in schema && typeof schema.fields === "object" && schema.fields !== null ? Object.keys(schema.fields) : []

/** The known name within two edits of `name` (or equal but for case), if there is one. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const ranked = known
    .map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0] !== undefined && ranked[0].distance <= Math.min(2, name.length - 1) ? ranked[0].other : undefined
}

/** Levenshtein distance. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]!
}
