import { type LabelledSentence, typesIn } from "@nuner/core"

/** The class of a token that no entity covers; always class 0. */
export const NONE = "O"

/** Sentences labelled with one set of types, by a name of the dataset. `""` leaves the types' names as they are. */
export type Datasets = Readonly<Record<string, ReadonlyArray<LabelledSentence>>>

/** The closed set that tokens are classified into, and which part of it each dataset labels. */
export interface TypeClasses {
  /** `NONE` first, then the types of each dataset in code-unit order, written `dataset/type`. */
  readonly names: ReadonlyArray<string>
  /** Dataset -> type -> class number. */
  readonly numbers: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** One dataset's types are apart from another's, whatever their names: "location" seldom means the same twice. */
export const typeClasses = (datasets: Datasets): TypeClasses => {
  const names = [NONE]
  const numbers = new Map<string, ReadonlyMap<string, number>>()
  for (const [dataset, sentences] of Object.entries(datasets)) {
    const types = typesIn(sentences)
    numbers.set(dataset, new Map(types.map((type, i) => [type, names.length + i])))
    names.push(...types.map((type) => (dataset === "" ? type : `${dataset}/${type}`)))
  }
  return { names, numbers }
}
