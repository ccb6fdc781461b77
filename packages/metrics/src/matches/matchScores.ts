import { type Entity, typesIn } from "@nuner/core"
import { checkPaired, distinct, type WithEntities } from "../counts/Labelled.ts"
import { type MatchKind, matchEntities } from "./matchEntities.ts"

/** One of the four measures of MUC and SemEval-2013 task 9. A partial match counts half. */
export interface MatchScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly correct: number
  readonly partial: number
  readonly incorrect: number
  readonly missed: number
  readonly spurious: number
}

export interface Measures {
  /** Span and type right. */
  readonly strict: MatchScore
  /** Span right, whatever the type: how well entities are found. */
  readonly boundary: MatchScore
  /** Span right, or half a point for an overlap, whatever the type. */
  readonly partial: MatchScore
  /** Type right, and the spans overlap: how well entities are typed. */
  readonly type: MatchScore
}

export interface MatchScores extends Measures {
  /** Pairs of each kind, see `MatchKind`. */
  readonly kinds: Readonly<Record<MatchKind, number>>
}

/** What makes a pair right; any other pair that overlaps is wrong, or half right in "partial". */
const rules: Readonly<Record<keyof Measures, (gold: Entity, predicted: Entity) => boolean>> = {
  strict: (a, b) => sameSpan(a, b) && a.type === b.type,
  boundary: (a, b) => sameSpan(a, b),
  partial: (a, b) => sameSpan(a, b),
  type: (a, b) => a.type === b.type
}
const measures = Object.keys(rules) as ReadonlyArray<keyof Measures>

/**
 * Strict, boundary, partial and type matches over all sentences (Chinchor & Sundheim 1993; Segura-Bedmar et al. 2013). Each measure
 * pairs for itself, as nervaluate does: the predictions in order, each with the gold entity that makes it right (of several the one
 * whose ends are closest), else with the first that it overlaps; an entity is paired once.
 *
 * @throws InputError
 */
export const matchScores = (gold: ReadonlyArray<WithEntities>, predicted: ReadonlyArray<WithEntities>): MatchScores => {
  checkPaired(gold, predicted)
  const kinds: Record<MatchKind, number> = { exact: 0, span: 0, type: 0, overlap: 0, missed: 0, spurious: 0 }
  const tallies = Object.fromEntries(measures.map((name) => [name, { correct: 0, wrong: 0, missed: 0, spurious: 0 }]))
  gold.forEach((sentence, i) => {
    const [right, guessed] = [inOrder(sentence.entities), inOrder(predicted[i]!.entities)]
    for (const { kind } of matchEntities(right, guessed)) kinds[kind]++
    for (const name of measures) tally(right, guessed, rules[name], tallies[name]!)
  })
  const scores = Object.fromEntries(measures.map((name) => [name, score(tallies[name]!, name === "partial")]))
  return { kinds, ...(scores as unknown as Measures) }
}

/** The measures of each type for itself: its gold entities against its predictions. Types sorted. @throws InputError */
export const matchScoresByType = (
  gold: ReadonlyArray<WithEntities>,
  predicted: ReadonlyArray<WithEntities>
): Record<string, MatchScores> => {
  const types = typesIn([...gold, ...predicted])
  const only = (sentences: ReadonlyArray<WithEntities>, of: string) =>
    sentences.map(({ entities }) => ({ entities: entities.filter(({ type }) => type === of) }))
  return Object.fromEntries(types.map((type) => [type, matchScores(only(gold, type), only(predicted, type))]))
}

interface Tally {
  correct: number
  wrong: number
  missed: number
  spurious: number
}

const tally = (
  gold: ReadonlyArray<Entity>,
  predicted: ReadonlyArray<Entity>,
  right: (gold: Entity, predicted: Entity) => boolean,
  into: Tally
): void => {
  const left: Array<Entity | undefined> = [...gold]
  for (const guess of predicted) {
    let [found, distance, wrong] = [-1, Number.POSITIVE_INFINITY, -1]
    for (const [i, entity] of left.entries()) {
      if (entity === undefined || entity.start >= guess.end || guess.start >= entity.end) continue
      const apart = Math.abs(entity.start - guess.start) + Math.abs(entity.end - guess.end)
      if (!right(entity, guess)) wrong = wrong === -1 ? i : wrong
      else if (apart < distance) [found, distance] = [i, apart]
    }
    if (found !== -1) into.correct++
    else if (wrong !== -1) into.wrong++
    else into.spurious++
    if (found !== -1 || wrong !== -1) left[found === -1 ? wrong : found] = undefined
  }
  into.missed += left.filter((entity) => entity !== undefined).length
}

const score = ({ correct, missed, spurious, wrong }: Tally, half: boolean): MatchScore => {
  const points = half ? correct + wrong / 2 : correct
  const [actual, possible] = [correct + wrong + spurious, correct + wrong + missed]
  return {
    precision: actual === 0 ? 0 : points / actual,
    recall: possible === 0 ? 0 : points / possible,
    f1: points === 0 ? 0 : (2 * points) / (actual + possible),
    ...{ correct, partial: half ? wrong : 0, incorrect: half ? 0 : wrong, missed, spurious }
  }
}

const sameSpan = (a: Entity, b: Entity): boolean => a.start === b.start && a.end === b.end

const inOrder = (entities: ReadonlyArray<Entity>): Array<Entity> =>
  distinct(entities).toSorted((a, b) => a.start - b.start || a.end - b.end)
