import type { Pool } from "../pool/Pool.ts"

/** The sentences with exactly these types: few groups stand for many sentences when candidates are looked up. */
export interface Group {
  readonly types: ReadonlyArray<number>
  /** Ascending. */
  readonly sentences: Array<number>
}

/** The distinct sentences by their set of types, in the order of the first; those without entities are left out. */
export const groupsOf = ({ distinct, starts, typeOf }: Pool): ReadonlyArray<Group> => {
  const groups: Array<Group> = []
  const root: Branch = { next: new Map() }
  for (const i of distinct) {
    if (starts[i] === starts[i + 1]) continue
    let branch = root
    for (let j = starts[i]!; j < starts[i + 1]!; j++) {
      let next = branch.next.get(typeOf[j]!)
      if (next === undefined) {
        next = { next: new Map() }
        branch.next.set(typeOf[j]!, next)
      }
      branch = next
    }
    if (branch.group === undefined) {
      branch.group = { types: [...typeOf.subarray(starts[i]!, starts[i + 1]!)], sentences: [] }
      groups.push(branch.group)
    }
    branch.group.sentences.push(i)
  }
  return groups
}

/** Of the tree of types, each sentence's ascending. */
interface Branch {
  readonly next: Map<number, Branch>
  group?: Group
}

/** The sentences that have at least one entity and none of another type. */
export const candidatesFor = (
  groups: ReadonlyArray<Group>,
  types: ReadonlyArray<number>,
  typeCount: number
): Int32Array => {
  const wanted = new Uint8Array(typeCount)
  for (const type of types) wanted[type] = 1
  const fitting = groups.filter((group) => group.types.every((type) => wanted[type] === 1))
  const candidates = new Int32Array(fitting.reduce((sum, group) => sum + group.sentences.length, 0))
  let at = 0
  for (const { sentences } of fitting) {
    candidates.set(sentences, at)
    at += sentences.length
  }
  return candidates
}
