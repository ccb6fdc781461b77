import type { Episode } from "@nuner/core"
import { type Counting, countEntities } from "../pool/countEntities.ts"
import type { EpisodeProblem, EpisodeShape } from "./EpisodeProblem.ts"

/** A sentence as far as validation goes: its words as a key, and its entities of each type. */
export interface Counted {
  readonly key: string
  readonly counts: ReadonlyMap<string, number>
}

/**
 * Everything that is wrong with an episode, nothing when it is one.
 *
 * @param counting "runs" for data without borders between neighbours of one type; default "entities"
 */
export const validateEpisode = (
  { types, support, query }: Episode,
  shape: EpisodeShape,
  counting: Counting = "entities"
): Array<EpisodeProblem> => {
  const counted = (side: Episode["support"]) =>
    side.map(({ words, entities }) => ({ key: keyOf(words), counts: countEntities(entities, counting) }))
  return problemsOf(types, counted(support), counted(query), shape)
}

export const keyOf = (words: ReadonlyArray<string>): string => JSON.stringify(words)

export const problemsOf = (
  types: ReadonlyArray<string>,
  support: ReadonlyArray<Counted>,
  query: ReadonlyArray<Counted>,
  { n = types.length, k, q = k }: EpisodeShape
): Array<EpisodeProblem> => {
  const problems: Array<EpisodeProblem> = []
  const listed = new Set(types)
  if (listed.size !== n || types.length !== n) {
    problems.push({
      kind: "types",
      message: `${types.length} types listed, ${listed.size} of them different; expected ${n}`
    })
  }
  problems.push(...sideProblems("support", types, support, k), ...sideProblems("query", types, query, q))
  const inSupport = new Set(support.map(({ key }) => key))
  const shared = query.filter(({ key }) => inSupport.has(key)).length
  if (shared > 0) {
    problems.push({ kind: "shared", count: shared, message: `${shared} query sentences stand in the support set, too` })
  }
  return problems
}

const sideProblems = (
  side: "support" | "query",
  types: ReadonlyArray<string>,
  sentences: ReadonlyArray<Counted>,
  low: number
): Array<EpisodeProblem> => {
  const problems: Array<EpisodeProblem> = []
  const totals = new Map<string, number>(types.map((type) => [type, 0]))
  for (const { counts } of sentences) {
    for (const [type, count] of counts) totals.set(type, (totals.get(type) ?? 0) + count)
  }
  for (const [type, count] of totals) {
    const say = (kind: EpisodeProblem["kind"], what: string) =>
      problems.push({ kind, side, type, count, message: `${side}: ${count} entities of type "${type}", ${what}` })
    if (!types.includes(type)) say("unlisted", "which is not listed")
    else if (count < low) say("few", `fewer than ${low}`)
    else if (count > 2 * low) say("many", `more than ${2 * low}`)
  }
  const empty = sentences.filter(({ counts }) => counts.size === 0).length
  if (empty === sentences.length) problems.push({ kind: "unlabelled", side, message: `${side}: no entity at all` })
  else if (empty > 0)
    problems.push({ kind: "empty", side, count: empty, message: `${side}: ${empty} sentences without any entity` })
  const repeated = sentences.length - new Set(sentences.map(({ key }) => key)).size
  if (repeated > 0)
    problems.push({ kind: "repeated", side, count: repeated, message: `${side}: ${repeated} sentences repeated` })
  return problems
}
