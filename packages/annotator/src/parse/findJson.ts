import { jsonrepair } from "jsonrepair"
import type { Salvage } from "./Parsed.ts"

/** Openings of a value that are tried; a long answer without JSON is given up. */
const MOST_OPENINGS = 64

/**
 * The JSON object or list of an answer, and what had to be done for it: taken out of a code fence or of the prose around it, repaired
 * (trailing commas, quotes, comments). `undefined` if there is none.
 */
export const findJson = (
  answer: string
): { readonly value: unknown; readonly salvaged: ReadonlyArray<Salvage> } | undefined => {
  const whole = parse(answer)
  if (whole !== undefined) return { value: whole, salvaged: [] }
  const fenced = /(?:```|~~~)[\w-]*[^\S\n]*\n([\s\S]*?)(?:```|~~~)/.exec(answer)?.[1]?.trim()
  const around = (text: string): Salvage => (text === fenced ? "code fence" : "JSON in prose")
  const candidates = [...(fenced === undefined ? [] : [fenced]), ...valuesIn(answer)]
  for (const read of [parse, repaired]) {
    for (const candidate of candidates) {
      const value = read(candidate)
      if (value === undefined || !isAnswer(value)) continue
      const lifted = candidate === answer.trim() ? [] : [around(candidate)]
      return { value, salvaged: read === parse ? lifted : [...lifted, "JSON repaired"] }
    }
  }
  return undefined
}

const parse = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const repaired = (text: string): unknown => {
  try {
    return parse(jsonrepair(text))
  } catch {
    return undefined
  }
}

/** A bracket in the prose, as in "[sic]", is no answer. */
const isAnswer = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length === 0 || value.every((one) => typeof one === "string" || (typeof one === "object" && one !== null))
    : typeof value === "object"

/** What stands between a bracket and its partner, strings aside, outermost first. */
function* valuesIn(text: string): Generator<string> {
  let openings = 0
  for (let start = 0; start < text.length && openings < MOST_OPENINGS; start++) {
    if (text[start] !== "{" && text[start] !== "[") continue
    openings++
    const end = partnerOf(text, start)
    if (end < 0) continue
    yield text.slice(start, end + 1)
    start = end
  }
}

const partnerOf = (text: string, start: number): number => {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === "\\") i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === "{" || char === "[") depth++
    else if ((char === "}" || char === "]") && --depth === 0) return i
  }
  return -1
}
