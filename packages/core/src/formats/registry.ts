import { InputError, OptionError } from "../errors.ts"
import { conll } from "./conll.ts"
import { csv } from "./csv.ts"
import { doccano } from "./doccano.ts"
import type { Format } from "./Format.ts"
import { gliner } from "./gliner.ts"
import type { Head } from "./Head.ts"
import { marked } from "./marked.ts"
import { nunerJsonl } from "./nunerJsonl.ts"
import { text } from "./text.ts"
import { ultraFine } from "./ultraFine.ts"

/** Every format of data files. The order is that of help and of messages; it decides nothing. */
export const formats: ReadonlyArray<Format> = [nunerJsonl, conll, csv, marked, text, doccano, gliner, ultraFine]

/** @throws OptionError when there is none of that name. */
export const formatNamed = (name: string, option = "format"): Format => {
  const found = formats.find((format) => format.name === name)
  if (found !== undefined) return found
  const remedy = `one of ${formats.map(({ name }) => name).join(", ")}`
  throw new OptionError({ component: "data", option, reason: `"${name}" is no format`, remedy })
}

/** The format of a file, by its content. @throws InputError when none fits, or several do. */
export const recognise = (head: Head): Format => {
  const answers = formats.map((format) => ({ format, answer: format.recognise(head) }))
  const sure = answers.filter(({ answer, format }) => answer === true && format.fallback !== true)
  const fitting = (sure.length > 0 ? sure : answers.filter(({ answer }) => answer !== false)).map(
    ({ format }) => format
  )
  const [first, second] = fitting
  if (first !== undefined && second === undefined) return first
  if (first === undefined) {
    throw new InputError({
      source: head.name,
      reason: `is none of the formats that are read${head.shape === "json" ? `: records of ${fieldsOf(head)}` : ""}`,
      remedy: `name one with --format: ${formats.map(({ name }) => name).join(", ")}`
    })
  }
  const names = fitting.map(({ name }) => name)
  throw new InputError({
    source: head.name,
    reason: `could be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    remedy: `say which with --format ${names.join(" or --format ")}`
  })
}

const fieldsOf = (head: Head): string => {
  const record = head.records[0]
  if (record === null || typeof record !== "object") return `${record === null ? "null" : typeof record}s`
  return Array.isArray(record) ? "lists" : Object.keys(record).slice(0, 12).join(", ")
}
