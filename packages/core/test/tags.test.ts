import { expect, test } from "bun:test"
import { type Entity, fromTags, rng, type Scheme, schemeDetector, strayTag, toTags } from "../src/index.ts"

const entities: Array<Entity> = [
  { start: 0, end: 1, type: "PER" },
  { start: 1, end: 3, type: "LOC" },
  { start: 3, end: 4, type: "LOC" },
  { start: 5, end: 7, type: "PER" }
]
const written: Record<Scheme, string> = {
  bare: "PER LOC LOC LOC O PER PER",
  IO: "I-PER I-LOC I-LOC I-LOC O I-PER I-PER",
  IOB1: "I-PER I-LOC I-LOC B-LOC O I-PER I-PER",
  BIO: "B-PER B-LOC I-LOC B-LOC O B-PER I-PER",
  IOE1: "I-PER I-LOC E-LOC I-LOC O I-PER I-PER",
  IOE2: "E-PER I-LOC E-LOC E-LOC O I-PER E-PER",
  IOBES: "S-PER B-LOC E-LOC S-LOC O B-PER E-PER",
  BILOU: "U-PER B-LOC L-LOC U-LOC O B-PER L-PER"
}
const schemes = Object.keys(written) as Array<Scheme>
const merges = (scheme: Scheme) => scheme === "bare" || scheme === "IO"

for (const scheme of schemes) {
  test(`${scheme} is written, read and recognised`, () => {
    const tags = written[scheme].split(" ")
    expect(toTags(entities, 7, scheme)).toEqual(tags)
    const read = merges(scheme) ? [entities[0]!, { start: 1, end: 4, type: "LOC" }, entities[3]!] : entities
    expect(fromTags(tags, scheme)).toEqual(read)
    const detector = schemeDetector()
    detector.add(["O"])
    detector.add(tags)
    expect(detector.detect()).toBe(scheme)
  })
}

test("any entities survive any scheme that can hold them", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = rng(seed)
    const length = random.int(12)
    const made: Array<Entity> = []
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + 1 + random.int(3))
      const type = ["A", "B-x", "I-y", "O"][random.int(4)]!
      if (random.int(2) === 0) made.push({ start: at, end, type })
      at = end
    }
    for (const scheme of schemes)
      if (!merges(scheme)) expect(fromTags(toTags(made, length, scheme), scheme)).toEqual(made)
  }
})

/** startOfChunk and endOfChunk of the CoNLL-2000 evaluation script (with S as seqeval adds it), as tables. */
const conlleval = (tags: ReadonlyArray<string>): Array<Entity> => {
  const starts = new Set([
    "BB",
    "IB",
    "OB",
    "OI",
    "EE",
    "EI",
    "OE",
    "BS",
    "IS",
    "ES",
    "SS",
    "OS",
    "EB",
    "SB",
    "SE",
    "SI"
  ])
  const ends = new Set(["BB", "BO", "BS", "IB", "IO", "IS", "EE", "EI", "EO", "EB", "ES", "SB", "SI", "SE", "SS", "SO"])
  const found: Array<Entity> = []
  let [previous, previousType, from] = ["O", "", -1]
  for (let i = 0; i <= tags.length; i++) {
    const tag = (tags[i] ?? "O")[0]!
    const type = (tags[i] ?? "O").slice(2)
    const pair = previous + tag
    const changed = previousType !== type
    if (from >= 0 && (ends.has(pair) || (previous !== "O" && changed))) {
      found.push({ start: from, end: i, type: previousType })
      from = -1
    }
    if (starts.has(pair) || (tag !== "O" && changed)) from = i
    previous = tag
    previousType = type
  }
  return found
}

test("malformed sequences are read as conlleval reads them", () => {
  const read = (tags: string) =>
    fromTags(tags.split(" "), "BIO")!.map(({ start, end, type }) => `${start}-${end} ${type}`)
  expect(read("O I-PER I-PER")).toEqual(["1-3 PER"])
  expect(read("B-PER I-LOC I-LOC")).toEqual(["0-1 PER", "1-3 LOC"])
  expect(read("B-PER O I-PER")).toEqual(["0-1 PER", "2-3 PER"])
  expect(read("E-PER E-PER I-PER S-PER I-PER")).toEqual(["0-1 PER", "1-2 PER", "2-3 PER", "3-4 PER", "4-5 PER"])
  const alphabet = ["O", ...["B", "I", "E", "S"].flatMap((prefix) => [`${prefix}-X`, `${prefix}-Y`])]
  for (let seed = 0; seed < 5000; seed++) {
    const random = rng(seed)
    const tags = Array.from({ length: random.int(10) }, () => alphabet[random.int(alphabet.length)]!)
    expect(fromTags(tags, "IOBES")).toEqual(conlleval(tags))
  }
})

test("what is no tag is refused", () => {
  expect(fromTags(["O", "PER"], "BIO")).toBeUndefined()
  expect(["X-PER", "B-", "B", "", "o", "BPER"].map((tag) => strayTag(["O", tag], "BIO"))).toEqual([1, 1, 1, 1, 1, 1])
  expect(strayTag(["O", "B-x/y", "art-film"], "bare")).toBe(-1)
  expect(strayTag([""], "bare")).toBe(0)
})
