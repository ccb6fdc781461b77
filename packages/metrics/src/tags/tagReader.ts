import { type Entity, fromTags, type Scheme, strayTag } from "@nuner/core"

/**
 * When an entity starts at a tag, goes on at it, and is over before it: previous prefix, this prefix, and `=` for the same type, `!`
 * for another one, `*` for either. `.` is any prefix, O included. What starts but is not over where it stops is no entity.
 */
interface Rules {
  readonly prefixes: string
  readonly start: string
  readonly inside: string
  readonly end: string
}

/** How the CoNLL script (Sang & Buchholz 2000) and seqeval's default mode read any tags: everything belongs to some entity. */
const conlleval: Rules = {
  prefixes: "IOBESLU",
  start: ".I* .B* .E* .S* .L* .U*",
  inside: "BI= II= BE= IE= BL= IL=",
  end: "..*"
}

/**
 * The rules of seqeval 1.2.2 in strict mode (its `scheme.py`), with one repair: its IOE1, which it calls unfinished, does not let an
 * entity start at E, so that a one-word entity before a neighbour of its type (`E-LOC I-LOC`) is lost; here `OE*` and `IE!` start one.
 * seqeval knows no IO.
 */
const strict: Record<Exclude<Scheme, "bare">, Rules> = {
  IO: { prefixes: "IO", start: "OI* II!", inside: "II=", end: "II! IO*" },
  IOB1: { prefixes: "IOB", start: "OI* II! BI* IB= BB=", inside: "BI= II=", end: "II! IO* IB* BO* BI! BB=" },
  BIO: { prefixes: "IOB", start: ".B*", inside: "BI= II=", end: "IO* II! IB* BO* BI! BB*" },
  IOE1: { prefixes: "IOE", start: "OI* II! EI* EE= OE* IE!", inside: "II= IE=", end: "II! IO* IE! EI= EE=" },
  IOE2: { prefixes: "IOE", start: "OI* OE* EI* EE* II! IE!", inside: "IE= II=", end: "E.*" },
  IOBES: { prefixes: "IOBES", start: ".B* .S*", inside: "BI= BE= II= IE=", end: "S.* E.*" },
  BILOU: { prefixes: "IOBLU", start: ".B* .U*", inside: "BI= BL= II= IL=", end: "U.* L.*" }
}

const prefixes: string = "IOBESLU"
const outside = prefixes.indexOf("O")

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

/** The entities of a sequence, or the position of a tag that is none of the scheme. */
export type TagReader = (tags: ReadonlyArray<string>) => Array<Entity> | number

/** Made once for many sequences: it remembers the tags that it has taken apart. */
export const tagReader = (scheme: Scheme, mode: "conlleval" | "strict"): TagReader => {
  if (scheme === "bare") return (tags) => fromTags(tags, scheme) ?? strayTag(tags, scheme)
  const rules = mode === "strict" ? strict[scheme] : conlleval
  const [start, inside, end] = [compile(rules.start), compile(rules.inside), compile(rules.end)]
  const ids = new Map<string, number>([["O", 0]])
  const [prefixOf, typeOf, typeIds] = [[outside], [""], new Map([["", 0]])]
  const typeIdOf = [0]

  /** -1 for a stray tag. */
  const parse = (tag: string): number => {
    if (tag.length < 3 || tag[1] !== "-" || tag[0] === "O" || !rules.prefixes.includes(tag[0]!)) return -1
    const type = tag.slice(2)
    if (!typeIds.has(type)) typeIds.set(type, typeIds.size)
    prefixOf.push(prefixes.indexOf(tag[0]!))
    typeOf.push(type)
    typeIdOf.push(typeIds.get(type)!)
    ids.set(tag, ids.size)
    return ids.size - 1
  }

  return (tags) => {
    const entities: Array<Entity> = []
    let previous = 0
    /** Where the entity at hand starts, -1 outside of any. */
    let open = -1
    for (let i = 0; i <= tags.length; i++) {
      const tag = i < tags.length ? tags[i]! : "O"
      const current = tag === "O" ? 0 : (ids.get(tag) ?? parse(tag))
      if (current < 0) return i
      if (previous !== 0 || current !== 0) {
        const at = place(prefixOf[previous]!, prefixOf[current]!, typeIdOf[previous] === typeIdOf[current])
        if (open === -1 || inside[at] === 0) {
          if (open >= 0 && end[at] === 1) entities.push({ start: open, end: i, type: typeOf[previous]! })
          open = start[at] === 1 ? i : -1
        }
      }
      previous = current
    }
    return entities
  }
}
