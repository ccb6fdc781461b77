import type { Entity } from "@nuner/core"
import type { Row } from "./encodeRows.ts"

/** Words of entities, with the type of each. */
export interface TypedWords {
  /** Only rows with such words, and of their words only these. */
  readonly rows: ReadonlyArray<Row>
  /** Type number of each word, in the order of rows. */
  readonly labels: Int32Array
}

/**
 * The words of rows that belong to entities.
 *
 * @param entities of each sentence
 * @param numbers type label -> number; every entity's type has one
 */
export const typeWords = (
  rows: ReadonlyArray<Row>,
  entities: ReadonlyArray<ReadonlyArray<Entity>>,
  numbers: ReadonlyMap<string, number>
): TypedWords => {
  const kept: Array<Row> = []
  const labels: Array<number> = []
  for (const row of rows) {
    const typed = Array.from(row.words, (word, i) => ({
      word,
      first: row.firsts[i]!,
      entity: entities[row.sentence]!.find(({ start, end }) => word >= start && word < end)
    })).filter(({ entity }) => entity !== undefined)
    if (typed.length === 0) continue
    kept.push({
      ...row,
      words: Int32Array.from(typed, ({ word }) => word),
      firsts: Int32Array.from(typed, ({ first }) => first)
    })
    for (const { entity } of typed) labels.push(numbers.get(entity!.type)!)
  }
  return { rows: kept, labels: Int32Array.from(labels) }
}
