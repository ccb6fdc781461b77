import { checkPaired, type WithEntities, type WithWords } from "../counts/Labelled.ts"
import { type MatchKind, matchEntities } from "../matches/matchEntities.ts"

/** A string that predictions get wrong, in the way that they do. */
export interface ErrorString {
  /** The words of gold, or of a spurious prediction, joined by spaces. */
  readonly text: string
  readonly kind: Exclude<MatchKind, "exact">
  readonly gold?: { readonly type: string }
  readonly predicted?: { readonly type: string; readonly text: string }
  readonly count: number
}

/** Which strings are wrong most often, and how; the most frequent first, of equals by text. @throws InputError */
export const errorStrings = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  { most = 50 }: { readonly most?: number } = {}
): Array<ErrorString> => {
  checkPaired(gold, predicted)
  const found = new Map<string, ErrorString & { count: number }>()
  gold.forEach(({ entities, words }, i) => {
    const textOf = ({ end, start }: { readonly start: number; readonly end: number }) =>
      words.slice(start, end).join(" ")
    for (const { gold: right, kind, predicted: guess } of matchEntities(entities, predicted[i]!.entities)) {
      if (kind === "exact") continue
      const error = {
        text: textOf((right ?? guess)!),
        kind,
        ...(right === undefined ? {} : { gold: { type: right.type } }),
        ...(guess === undefined ? {} : { predicted: { type: guess.type, text: textOf(guess) } })
      }
      const key = JSON.stringify(error)
      const known = found.get(key)
      if (known === undefined) found.set(key, { ...error, count: 1 })
      else known.count++
    }
  })
  return [...found.values()]
    .toSorted((a, b) => b.count - a.count || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .slice(0, most)
}
