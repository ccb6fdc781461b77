import type { Entity } from "../schema/LabelledSentence.ts"
import type { Scheme } from "./Scheme.ts"

/**
 * The tags of `length` words under a scheme. Entities must not overlap (`overlap` finds those that do); `bare` and `IO` merge
 * neighbours of one type (`merged` finds them).
 */
export const toTags = (entities: ReadonlyArray<Entity>, length: number, scheme: Scheme): Array<string> => {
  const tags = Array<string>(length).fill("O")
  const sorted = entities.toSorted((a, b) => a.start - b.start)
  sorted.forEach(({ start, end, type }, n) => {
    const afterTwin = touches(sorted[n - 1], sorted[n]!)
    const beforeTwin = touches(sorted[n]!, sorted[n + 1])
    for (let i = start; i < end; i++) {
      tags[i] = prefix(scheme, i === start, i === end - 1, afterTwin, beforeTwin) + type
    }
  })
  return tags
}

const prefix = (scheme: Scheme, first: boolean, last: boolean, afterTwin: boolean, beforeTwin: boolean): string => {
  switch (scheme) {
    case "bare":
      return ""
    case "IO":
      return "I-"
    case "IOB1":
      return first && afterTwin ? "B-" : "I-"
    case "BIO":
      return first ? "B-" : "I-"
    case "IOE1":
      return last && beforeTwin ? "E-" : "I-"
    case "IOE2":
      return last ? "E-" : "I-"
    case "IOBES":
      return first ? (last ? "S-" : "B-") : last ? "E-" : "I-"
    case "BILOU":
      return first ? (last ? "U-" : "B-") : last ? "L-" : "I-"
  }
}

/** Neighbours without a word between them, of one type. */
const touches = (left: Entity | undefined, right: Entity | undefined): boolean =>
  left !== undefined && right !== undefined && left.end === right.start && left.type === right.type

/** The first entity that shares a word with one before it, which one tag a word cannot write. */
export const overlap = (entities: ReadonlyArray<Entity>): Entity | undefined => {
  const sorted = entities.toSorted((a, b) => a.start - b.start || a.end - b.end)
  return sorted.find((entity, n) => n > 0 && entity.start < sorted[n - 1]!.end)
}

/** The first entity that `bare` and `IO` would merge into its left neighbour. */
export const merged = (entities: ReadonlyArray<Entity>): Entity | undefined => {
  const sorted = entities.toSorted((a, b) => a.start - b.start)
  return sorted.find((entity, n) => touches(sorted[n - 1], entity))
}
