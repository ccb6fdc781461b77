import type { Entity, Scheme } from "@nuner/core"

/**
 * When an entity starts at a tag, goes on at it, and is over before it: previous prefix, this prefix, and `=` for the same type, `!`
 * for another one, `*` for either. `.` is any prefix, O included. What starts but is not over where it stops is no entity.
 *
 * The rules are those of seqeval 1.2.2 in strict mode (its `scheme.py`), with one repair: its IOE1, which it calls unfinished, does not let
 * an entity start at E, so that a one-word entity before a neighbour of its type (`E-LOC I-LOC`) is lost; here `OE*` and `IE!` start one.
 */
const rules = {
  IOB1: { prefixes: "IOB", start: "OI* II! BI* IB= BB=", inside: "BI= II=", end: "II! IO* IB* BO* BI! BB=" },
  BIO: { prefixes: "IOB", start: ".B*", inside: "BI= II=", end: "IO* II! IB* BO* BI! BB*" },
  IOE1: { prefixes: "IOE", start: "OI* II! EI* EE= OE* IE!", inside: "II= IE=", end: "II! IO* IE! EI= EE=" },
  IOE2: { prefixes: "IOE", start: "OI* OE* EI* EE* II! IE!", inside: "IE= II=", end: "E.*" },
  IOBES: { prefixes: "IOBES", start: ".B* .S*", inside: "BI= BE= II= IE=", end: "S.* E.*" },
  BILOU: { prefixes: "IOBLU", start: ".B* .U*", inside: "BI= BL= II= IL=", end: "U.* L.*" }
} as const

export type StrictScheme = keyof typeof rules

/** Whether strict reading differs from any other; in `bare` and `IO` nothing can be malformed. */
export const isStrictScheme = (scheme: Scheme): scheme is StrictScheme => scheme in rules

const prefixes: string = "IOBESLU"

interface Table {
  readonly allowed: string
  readonly start: Uint8Array
  readonly inside: Uint8Array
  readonly end: Uint8Array
}

/** A rule's place in a table. */
const place = (previous: number, current: number, sameType: boolean): number =>
  (previous * prefixes.length + current) * 2 + (sameType ? 1 : 0)

const compile = (patterns: string): Uint8Array => {
  const table = new Uint8Array(prefixes.length * prefixes.length * 2)
  const those = (prefix: string) => (prefix === "." ? [...prefixes].map((_, i) => i) : [prefixes.indexOf(prefix)])
  for (const [previous, current, type] of patterns.split(" ") as Array<string>) {
    for (const p of those(previous!)) {
      for (const c of those(current!)) {
        if (type !== "=") table[place(p, c, false)] = 1
        if (type !== "!") table[place(p, c, true)] = 1
      }
    }
  }
  return table
}

const tables = Object.fromEntries(
  Object.entries(rules).map(([scheme, { prefixes: allowed, start, inside, end }]) => [
    scheme,
    { allowed, start: compile(start), inside: compile(inside), end: compile(end) }
  ])
) as Record<StrictScheme, Table>

/** @returns the entities, or the position of a tag that is none of the scheme */
export const strictEntities = (tags: ReadonlyArray<string>, scheme: StrictScheme): Array<Entity> | number => {
  const { allowed, start, inside, end } = tables[scheme]
  const stray = tags.findIndex((tag) => tag !== "O" && (tag.length < 3 || tag[1] !== "-" || !allowed.includes(tag[0]!)))
  if (stray >= 0) return stray
  const prefix = (i: number) => prefixes.indexOf(i < 0 || i >= tags.length ? "O" : tags[i]![0]!)
  const type = (i: number) => (i < 0 || i >= tags.length ? "" : tags[i]!.slice(2))
  /** The rules for the border between `i - 1` and `i`. */
  const at = (i: number) => place(prefix(i - 1), prefix(i), type(i - 1) === type(i))
  const entities: Array<Entity> = []
  for (let i = 0; i < tags.length; ) {
    if (start[at(i)] === 0) {
      i++
      continue
    }
    let next = i + 1
    while (next < tags.length && inside[at(next)] === 1) next++
    if (end[at(next)] === 1) entities.push({ start: i, end: next, type: type(i) })
    i = next
  }
  return entities
}
