import type { Rng } from "@nuner/core"
import type { Problem } from "./Problem.ts"

/** Sentences with the same counts: for a search they are one thing with `members.length` copies. */
interface Profile {
  readonly types: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
  readonly members: Array<number>
  /** Copies that may still be chosen. */
  left: number
  /** Copies chosen. */
  taken: number
}

/**
 * Goes through all choices of sentences, alike ones counted once, cutting off what cannot fill some type any more.
 *
 * @param budget profiles that may be looked at before it gives up
 * @returns the sentences, ascending; `"none"` when there is proof that no choice exists; `"unknown"` when the budget ran out
 */
export const exactSearch = (problem: Problem, rng: Rng, budget: number): ReadonlyArray<number> | "none" | "unknown" => {
  const { wanted, low, high } = problem
  const profiles = profilesOf(problem)
  const counts = new Int32Array(problem.pool.types.length)
  const fits = ({ left, types, counts: own }: Profile) =>
    left > 0 && types.every((type, n) => counts[type]! + own[n]! <= high)

  /** The short type with the least to spare, `undefined` when no type is short, "dead" when one cannot be filled any more. */
  const tightest = (): number | undefined | "dead" => {
    const supply = new Float64Array(counts.length)
    budget -= profiles.length
    for (const profile of profiles) {
      if (!fits(profile)) continue
      profile.types.forEach((type, n) => {
        const own = profile.counts[n]!
        supply[type]! += own * Math.min(profile.left, Math.floor((high - counts[type]!) / own))
      })
    }
    let best: number | undefined
    let slack = Number.POSITIVE_INFINITY
    for (const type of wanted) {
      if (counts[type]! >= low) continue
      const spare = counts[type]! + supply[type]! - low
      if (spare < 0) return "dead"
      if (spare < slack) {
        best = type
        slack = spare
      }
    }
    return best
  }

  const move = (profile: Profile, sign: 1 | -1) => {
    profile.left -= sign
    profile.taken += sign
    profile.types.forEach((type, n) => {
      counts[type]! += sign * profile.counts[n]!
    })
  }

  const search = (): boolean => {
    const type = tightest()
    if (type === undefined) return true
    if (type === "dead" || budget < 0) return false
    const branches = rng.shuffle(profiles.filter((profile) => profile.types.includes(type) && fits(profile)))
    const banned: Array<[Profile, number]> = []
    for (const profile of branches) {
      move(profile, 1)
      if (search()) return true
      move(profile, -1)
      if (budget < 0) break
      // Whatever uses one more of this profile from here has just been searched.
      banned.push([profile, profile.left])
      profile.left = 0
    }
    for (const [profile, left] of banned) profile.left = left
    return false
  }

  if (search()) {
    return profiles.flatMap(({ members, taken }) => rng.shuffle(members).slice(0, taken)).sort((a, b) => a - b)
  }
  return budget < 0 ? "unknown" : "none"
}

const profilesOf = ({ pool, candidates }: Problem): Array<Profile> => {
  const byKey = new Map<string, Profile>()
  for (const i of candidates) {
    const pairs = Array.from({ length: pool.starts[i + 1]! - pool.starts[i]! }, (_, n) => pool.starts[i]! + n)
      .map((j) => [pool.typeOf[j]!, pool.counts[j]!] as const)
      .sort((a, b) => a[0] - b[0])
    const key = pairs.join(";")
    const known = byKey.get(key)
    if (known === undefined) {
      const profile = { types: pairs.map(([type]) => type), counts: pairs.map(([, count]) => count) }
      byKey.set(key, { ...profile, members: [i], left: 1, taken: 0 })
    } else {
      known.members.push(i)
      known.left++
    }
  }
  return [...byKey.values()]
}
