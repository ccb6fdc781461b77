import * as Schema from "effect/Schema"

/**
 * How tags of words write entities down:
 *
 * | scheme | a one-word PER, a two-word LOC, then another LOC | |
 * |---|---|---|
 * | `bare` | `PER LOC LOC LOC` | Few-NERD; neighbours of one type merge |
 * | `IO` | `I-PER I-LOC I-LOC I-LOC` | neighbours of one type merge |
 * | `IOB1` | `I-PER I-LOC I-LOC B-LOC` | B- only between neighbours of one type (CoNLL-2003 as published) |
 * | `BIO` | `B-PER B-LOC I-LOC B-LOC` | also known as IOB2 |
 * | `IOE1` | `I-PER I-LOC E-LOC I-LOC` | E- only between neighbours of one type |
 * | `IOE2` | `E-PER I-LOC E-LOC E-LOC` | |
 * | `IOBES` | `S-PER B-LOC E-LOC S-LOC` | |
 * | `BILOU` | `U-PER B-LOC L-LOC U-LOC` | |
 *
 * A word of no entity is `O` in all of them.
 */
export const Scheme = Schema.Literals(["bare", "IO", "IOB1", "BIO", "IOE1", "IOE2", "IOBES", "BILOU"])
export type Scheme = typeof Scheme.Type

/** A prefix of the house (L and U read as E and S) and a type; "" for both of an `O`. */
export interface Tag {
  readonly prefix: "" | "B" | "I" | "E" | "S"
  readonly type: string
}

export const outside: Tag = { prefix: "", type: "" }

/** A tag's parts; `undefined` for what is no tag of any scheme with prefixes. */
export const prefixed = (tag: string): Tag | undefined => {
  if (tag === "O") return outside
  if (tag.length < 3 || tag[1] !== "-") return undefined
  const prefix = prefixes[tag[0]!]
  return prefix === undefined ? undefined : { prefix, type: tag.slice(2) }
}

const prefixes: Record<string, Tag["prefix"]> = { B: "B", I: "I", E: "E", S: "S", L: "E", U: "S" }
