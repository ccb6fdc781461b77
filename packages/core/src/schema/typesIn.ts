import type { Entity } from "./LabelledSentence.ts"

/** The types of the entities of sentences, each once, in code-unit order. */
export const typesIn = (
  sentences: ReadonlyArray<{ readonly entities: ReadonlyArray<Pick<Entity, "type">> }>
): Array<string> => [...new Set(sentences.flatMap(({ entities }) => entities.map(({ type }) => type)))].sort()
