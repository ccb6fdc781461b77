import { type LabelledSentence, toTags } from "@nuner/core"
import { type ClassScheme, NONE } from "../labels/classes.ts"

/**
 * What it is worth, in log probability, that one class follows another, `[classes + 1, classes + 1]` by rows: the last row is what a sentence begins
 * with, the last column what it ends with. `-Infinity`: the scheme forbids it.
 */
export type Transitions = ReadonlyArray<ReadonlyArray<number>>

export interface TransitionOptions {
  /** Part of the examples' say: 0 leaves only what the scheme forbids. */
  readonly weight: number
}

/** How many transitions the pooled estimate counts for in that of a single class. */
const PRIOR = 10

/**
 * Transitions of the tags of labelled sentences, for decoding posteriors of words: `weight * (log P(b | a) - log P(b))`, since the posteriors hold
 * `P(b)` already, and what a scheme forbids (I- after O, I- of another type) is forbidden.
 *
 * A handful of examples shows few of all pairs of classes, so `P(b | a)` is drawn to an estimate that types share: how often a class of one kind (B-, I-,
 * O) is followed by one of another, of the same type or of another one, as if it had been seen `PRIOR` times.
 */
export const fitTransitions = (
  sentences: ReadonlyArray<Pick<LabelledSentence, "words" | "entities">>,
  classes: ReadonlyArray<string>,
  scheme: ClassScheme,
  { weight }: TransitionOptions
): Transitions => {
  const edge = classes.length
  const states = [...classes.map((name) => stateOf(name, scheme)), { kind: "edge", type: "" }]
  const index = new Map(classes.map((name, i) => [name, i]))
  const counts = states.map(() => new Float64Array(edge + 1))
  for (const { words, entities } of sentences) {
    let previous = edge
    for (const tag of toTags(entities, words.length, scheme)) {
      const next = index.get(tag)!
      counts[previous]![next]!++
      previous = next
    }
    counts[previous]![edge]!++
  }
  const relation = (a: State, b: State): string =>
    `${a.kind} ${b.kind} ${a.type === "" || b.type === "" ? "" : a.type === b.type}`
  const pooled = new Map<string, number>()
  for (const [a, row] of counts.entries()) {
    for (const [b, count] of row.entries()) {
      const key = relation(states[a]!, states[b]!)
      pooled.set(key, (pooled.get(key) ?? 0) + count)
    }
  }
  const frequency = classes.map((_, b) => sum(counts.map((row) => row[b]!)) + 0.5)
  const total = sum(frequency)
  return states.map((a, from) => {
    const keys = states.map((b) => (isAllowed(a, b, scheme) ? relation(a, b) : undefined))
    const membersOf = (key: string) => keys.filter((other) => other === key).length
    const mass = sum([...new Set(keys)].map((key) => (key === undefined ? 0 : pooled.get(key)! + 0.5)))
    return keys.map((key, to) => {
      if (key === undefined) return Number.NEGATIVE_INFINITY
      const shared = (pooled.get(key)! + 0.5) / mass / membersOf(key)
      const chance = (counts[from]![to]! + PRIOR * shared) / (sum(counts[from]!) + PRIOR)
      return weight * (Math.log(chance) - (to === edge ? 0 : Math.log(frequency[to]! / total)))
    })
  })
}

/** What a scheme forbids, and nothing else: no I- without its B-. None where a class is a type. */
export const schemeTransitions = (classes: ReadonlyArray<string>, scheme: ClassScheme): Transitions | undefined =>
  scheme === "bare" ? undefined : fitTransitions([], classes, scheme, { weight: 0 })

interface State {
  /** "O", "B", "I", "E", "S", or "edge" for what is around a sentence. */
  readonly kind: string
  readonly type: string
}

const stateOf = (name: string, scheme: ClassScheme): State =>
  name === NONE
    ? { kind: NONE, type: "" }
    : scheme === "bare"
      ? { kind: "I", type: name }
      : { kind: name[0]!, type: name.slice(2) }

/** Whether entities are written so: an I- or E- goes on with an entity of its type, and under IOBES an entity ends with E- or S-. */
const isAllowed = (a: State, b: State, scheme: ClassScheme): boolean => {
  if (scheme === "bare") return true
  const goesOn = b.kind === "I" || b.kind === "E"
  const isOpen = a.kind === "B" || a.kind === "I"
  if (scheme === "BIO") return !goesOn || (isOpen && a.type === b.type)
  return isOpen ? goesOn && a.type === b.type : !goesOn
}

const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}
