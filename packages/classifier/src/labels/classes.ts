import { InputError, type LabelledSentence, OptionError, overlap, toTags } from "@nuner/core"

/** The class of a word that belongs to no entity. */
export const NONE = "O"

/**
 * What the classes of words are: types themselves (`bare`; neighbours of one type merge, as in the paper's token
 * labels), B- and I- of each type (`BIO`; neighbours stay apart), or also E- for an entity's last word and S- for its only
 * one (`IOBES`; where an entity ends is learned too).
 */
export const classSchemes = ["bare", "BIO", "IOBES"] as const
export type ClassScheme = (typeof classSchemes)[number]

const prefixes: Readonly<Record<ClassScheme, ReadonlyArray<string>>> = {
  bare: [""],
  BIO: ["B-", "I-"],
  IOBES: ["B-", "I-", "E-", "S-"]
}

/**
 * The class list of a set of types: `NONE` first, then by type in code-unit order, so that the same types give the same
 * columns.
 *
 * @throws OptionError for a type called "O" under `bare`
 */
export const classesOf = (types: Iterable<string>, scheme: ClassScheme = "bare"): Array<string> => {
  const sorted = [...new Set(types)].sort()
  if (scheme === "bare" && sorted.includes(NONE)) {
    const reason = `bare classes cannot tell a type called ${NONE} from no entity`
    throw new OptionError({ component: "classifier", option: "scheme", reason, remedy: '"BIO"' })
  }
  return [NONE, ...sorted.flatMap((type) => prefixes[scheme].map((prefix) => `${prefix}${type}`))]
}

/** The type that each class stands for; "" for `NONE`. */
export const typesOf = (classes: ReadonlyArray<string>, scheme: ClassScheme): Array<string> =>
  classes.map((name) => (name === NONE ? "" : scheme === "bare" ? name : name.slice(2)))

/** The types of labelled sentences. */
export const typesIn = (sentences: Iterable<Pick<LabelledSentence, "entities">>): Set<string> => {
  const types = new Set<string>()
  for (const { entities } of sentences) for (const { type } of entities) types.add(type)
  return types
}

/**
 * The class number of every word of every sentence, one sentence after the other, as the rows of `WordFeatures`.
 *
 * @throws InputError for a type without a class, for overlapping entities, and for an entity outside its sentence
 */
export const labelsOf = (
  sentences: ReadonlyArray<LabelledSentence>,
  classes: ReadonlyArray<string>,
  scheme: ClassScheme = "bare"
): Int32Array => {
  const index = new Map(classes.map((name, i) => [name, i]))
  const labels = new Int32Array(sentences.reduce((sum, { words }) => sum + words.length, 0))
  let at = 0
  for (const [i, { words, entities, id }] of sentences.entries()) {
    const fail = (reason: string, remedy: string): never => {
      throw new InputError({ source: id ?? `sentence ${i}`, field: "entities", reason, remedy })
    }
    const outside = entities.find(({ start, end }) => start >= end || end > words.length)
    if (outside) fail(`${place(outside)} is not in a sentence of ${words.length} words`, "offsets count words")
    const second = overlap(entities)
    if (second) fail(`${place(second)} overlaps an entity before it`, "keep one entity a word")
    for (const tag of toTags(entities, words.length, scheme)) {
      const label = index.get(tag)
      if (label === undefined) fail(`"${tag}" is not among the classes ${classes.join(", ")}`, "add its type")
      labels[at++] = label!
    }
  }
  return labels
}

const place = ({ start, end, type }: LabelledSentence["entities"][number]): string => `${type} ${start}..${end}`
