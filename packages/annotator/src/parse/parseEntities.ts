import { type Annotation, isObject } from "@nuner/core"
import { findJson } from "./findJson.ts"
import type { Parsed, RejectedLine } from "./Parsed.ts"

/**
 * Reads a JSON answer `{"entities": [{"entity", "concept", "description"?}]}`. Code fences, talk around the JSON and slips
 * in it are tolerated, and told. Never throws: annotations + rejected = elements of the list, or one rejected piece if there is no such list.
 */
export const parseEntities = (answer: string): Parsed => {
  const { salvaged = [], value } = findJson(answer) ?? {}
  const list = Array.isArray(value) ? value : isObject(value) ? value.entities : undefined
  if (!Array.isArray(list))
    return { annotations: [], rejected: [{ line: answer, reason: "not an entity" }], ignored: 0 }
  const annotations: Array<Annotation> = []
  const rejected: Array<RejectedLine> = []
  for (const element of list) {
    const read = readElement(element)
    if ("reason" in read) rejected.push(read)
    else annotations.push(read)
  }
  return { annotations, rejected, ignored: 0, ...(salvaged.length === 0 ? {} : { salvaged }) }
}

const readElement = (element: unknown): Annotation | RejectedLine => {
  const line = JSON.stringify(element) ?? String(element)
  if (!isObject(element) || typeof element.entity !== "string" || typeof element.concept !== "string") {
    return { line, reason: "not an entity" }
  }
  const entity = element.entity.trim()
  const concept = element.concept.trim()
  const description = typeof element.description === "string" ? element.description.trim() : ""
  if (entity === "") return { line, reason: "empty entity" }
  if (concept === "") return { line, reason: "empty concept" }
  return description === "" ? { entity, concept } : { entity, concept, description }
}
