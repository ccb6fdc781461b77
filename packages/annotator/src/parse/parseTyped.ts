import type { Annotation } from "@nuner/core"
import type { Parsed, RejectedLine } from "./Parsed.ts"
import { parseLines } from "./parseLines.ts"

/**
 * Reads lines `mention <> type` whose type must be one of `types` (upper and lower case are the same); "none" in the first line, with no such line
 * behind it, says that there are no mentions. Never throws, loses nothing.
 */
export const parseTyped = (types: ReadonlyArray<string>): ((answer: string) => Parsed) => {
  const known = new Map(types.map((type) => [type.toLowerCase(), type]))
  return (answer) => {
    if (NONE.test(answer)) return { annotations: [], rejected: [], ignored: 0 }
    const parsed = parseLines(answer)
    const annotations: Array<Annotation> = []
    const rejected: Array<RejectedLine> = [...parsed.rejected]
    for (const { concept, entity } of parsed.annotations) {
      const type = known.get(concept.toLowerCase())
      if (type === undefined) rejected.push({ line: `${entity} <> ${concept}`, reason: "unknown type" })
      else annotations.push({ entity, concept: type })
    }
    return { ...parsed, annotations, rejected }
  }
}

const NONE = /^\W*(?:answer\W+)?none(?:[^\w\n]*\n(?![\s\S]*<\s*>)|\W*$)/i
