import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The first thing that a schema has against a value: where it stands (`items[2].name`, "" for the whole), and what it is. */
export const issueOf = (error: Schema.SchemaError, value: unknown): { path: string; reason: string } => {
  const issue = format(error.issue).issues[0]!
  const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part))
  const path = keys
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`))
    .join("")
  const reason = issue.message
    .replace(/\s*\n\s*/g, " ")
    .replace(/^Expected/, "expected")
    .trim()
  const found = keys.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)
  const got = /key|token|secret|password/i.test(path) ? "" : describe(found)
  return { path, reason: got === "" ? reason : `${reason}, got ${got}` }
}

const describe = (value: unknown): string => {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value)
  if (typeof value === "string") return value.length > 40 ? `a string of length ${value.length}` : JSON.stringify(value)
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : ""
}
