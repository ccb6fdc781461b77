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

/** A class of a scheme, ours or another. */
const PREFIXED = /^[BIESLU]-./

/** Whether classes are those of a scheme by their names: with prefixes, or not with B- and I- of every type. */
export const isOfScheme = (classes: ReadonlyArray<string>, scheme: ClassScheme): boolean => {
  const named = classes.filter((name) => name !== NONE)
  if (scheme !== "bare") return named.every((name) => PREFIXED.test(name))
  const types = new Set(typesOf(named, "BIO"))
  return named.length === 0 || ![...types].every((type) => named.includes(`B-${type}`) && named.includes(`I-${type}`))
}

/** The type that each class stands for; "" for `NONE`. */
export const typesOf = (classes: ReadonlyArray<string>, scheme: ClassScheme): Array<string> =>
  tagsOf(classes, scheme).map((tag) => (tag === NONE ? "" : scheme === "bare" ? tag : tag.slice(2)))

/** What others' label sets have for the special tokens around a text and for a word's further sub-tokens. */
const isSpecial = (name: string): boolean => /^(\[\w+\]|<\/?\w+>|X)$/.test(name)

/**
 * The classes as tags of the scheme. In others' label sets with prefixes, labels of special tokens are no entity's, a type without a prefix goes on as
 * in Python's pipeline, and M- is I-.
 */
export const tagsOf = (classes: ReadonlyArray<string>, scheme: ClassScheme): Array<string> =>
  classes.map((name) => {
    if (scheme === "bare" || name === NONE || PREFIXED.test(name)) return name
    return isSpecial(name) ? NONE : `I-${name.replace(/^M-(?=.)/, "")}`
  })

/** The scheme of others' labels: BIO, which `decode` reads E- and S- in as well, where a type has a B- and another prefix, or where all are B- and I-. */
export const schemeOf = (classes: ReadonlyArray<string>): ClassScheme => {
  const labels = classes.filter((name) => name !== NONE && !isSpecial(name))
  const known = new Set(labels)
  const goesOn = (name: string) => [..."IESLUM"].some((prefix) => known.has(`${prefix}${name.slice(1)}`))
  const isBio = labels.every((name) => /^[BI]-./.test(name)) || labels.some((name) => /^B-./.test(name) && goesOn(name))
  return isBio ? "BIO" : "bare"
}

/**
 * The class number of every word of every sentence, one sentence after the other, as the rows of `WordFeatures`; -1 for an ignored one.
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
  for (const [i, { words, entities, id, ignored = [] }] of sentences.entries()) {
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
    for (const word of ignored) labels[at - words.length + word] = -1
  }
  return labels
}

const place = ({ start, end, type }: LabelledSentence["entities"][number]): string => `${type} ${start}..${end}`
