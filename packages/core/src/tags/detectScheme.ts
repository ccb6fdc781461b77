import { fromTags } from "./fromTags.ts"
import type { Scheme } from "./Scheme.ts"
import { prefixed } from "./Scheme.ts"
import { toTags } from "./toTags.ts"

/** Collects tag sequences, then says which scheme they are written in. */
export interface SchemeDetector {
  add(tags: ReadonlyArray<string>): void
  detect(): Scheme
}

/** In the order in which a tie is decided. */
const withPrefixes: ReadonlyArray<Scheme> = ["BIO", "IO", "IOB1", "IOBES", "BILOU", "IOE2", "IOE1"]

/**
 * The scheme that, writing the same entities, differs from the tags in the fewest places; a file in which some tag has no prefix
 * and more have none than have one is `bare`. Without any entity: BIO. (Whichever of the prefixed schemes is taken, the entities
 * are the same: `fromTags` reads them all alike.)
 */
export const schemeDetector = (): SchemeDetector => {
  const differences = new Map<Scheme, number>(withPrefixes.map((scheme) => [scheme, 0]))
  let bare = 0
  let total = 0
  return {
    add: (tags) => {
      for (const tag of tags) {
        if (tag === "O") continue
        total++
        if (prefixed(tag) === undefined) bare++
      }
      const entities = fromTags(tags, "BIO")
      if (entities === undefined || entities.length === 0) return
      for (const scheme of withPrefixes) {
        const written = toTags(entities, tags.length, scheme)
        differences.set(scheme, differences.get(scheme)! + tags.filter((tag, i) => tag !== written[i]).length)
      }
    },
    detect: () =>
      bare * 2 > total
        ? "bare"
        : withPrefixes.reduce((best, other) => (differences.get(other)! < differences.get(best)! ? other : best))
  }
}
