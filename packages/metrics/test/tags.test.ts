import { expect, test } from "bun:test"
import { type Entity, InputError, rng, type Scheme, toTags } from "@nuner/core"
import { countEntities, countTags, entitiesFromTags, scores } from "../src/index.ts"
import reference from "./fixtures/reference.json" with { type: "json" }

const read = (tags: string, scheme: Scheme, mode: "strict" | "conlleval") =>
  entitiesFromTags([tags.split(" ")], { scheme, mode })[0]!
    .entities.map(({ start, end, type }) => `${start}-${end} ${type}`)
    .join(", ")

test("malformed sequences, by hand", () => {
  // An I after O, or of another type: conlleval starts an entity, strict mode has none.
  expect(read("O I-X I-X", "BIO", "conlleval")).toBe("1-3 X")
  expect(read("O I-X I-X", "BIO", "strict")).toBe("")
  expect(read("B-X I-Y", "BIO", "conlleval")).toBe("0-1 X, 1-2 Y")
  expect(read("B-X I-Y", "BIO", "strict")).toBe("0-1 X")
  expect(read("B-X O I-X B-X", "BIO", "strict")).toBe("0-1 X, 3-4 X")
  // IOB1 knows no B but between neighbours of one type.
  expect(read("I-X B-X I-X", "IOB1", "strict")).toBe("0-1 X, 1-3 X")
  expect(read("B-X I-X", "IOB1", "strict")).toBe("1-2 X")
  expect(read("B-X I-X", "IOB1", "conlleval")).toBe("0-2 X")
  // IOBES: what is not closed is none.
  expect(read("B-X I-X O S-Y", "IOBES", "strict")).toBe("3-4 Y")
  expect(read("B-X I-X O S-Y", "IOBES", "conlleval")).toBe("0-2 X, 3-4 Y")
  expect(read("B-X E-Y E-X", "IOBES", "strict")).toBe("")
  expect(read("I-X I-X O E-X", "IOE2", "strict")).toBe("3-4 X")
})

test("agrees with seqeval on 600 random sequences, strict and by default", () => {
  const told = (entities: ReadonlyArray<Entity>) => entities.map(({ start, end, type }) => [start, end, type])
  let strict = 0
  let repaired = 0
  for (const { scheme, tags, ...expected } of reference.sequences) {
    const options = { scheme: scheme as Scheme }
    expect(told(entitiesFromTags([tags], options)[0]!.entities), tags.join(" ")).toEqual(expected.conlleval)
    // Where IOE1 is repaired (an entity that starts at E) seqeval differs.
    if (
      scheme === "IOE1" &&
      tags.some((tag, i) => tag[0] === "E" && (i === 0 || tags[i - 1]!.slice(1) !== tag.slice(1)))
    ) {
      repaired++
      continue
    }
    expect(told(entitiesFromTags([tags], { ...options, mode: "strict" })[0]!.entities), tags.join(" ")).toEqual(
      expected.strict
    )
    strict++
  }
  expect([strict, repaired]).toEqual([507, 93])
})

test("pooled scores agree with seqeval, and word scores with scikit-learn", () => {
  for (const { scheme, gold, predicted, ...expected } of reference.corpora) {
    for (const mode of ["conlleval", "strict"] as const) {
      if (scheme === "IOE1" && mode === "strict") continue
      const options = { scheme: scheme as Scheme, mode }
      const { micro } = scores(countEntities(entitiesFromTags(gold, options), entitiesFromTags(predicted, options)))
      for (const [i, value] of [micro.precision, micro.recall, micro.f1].entries())
        expect(value).toBeCloseTo(expected[mode][i]!, 12)
    }
    const words = scores(countTags(gold, predicted))
    const rows: Record<string, ReadonlyArray<number>> = { ...expected.words }
    expect(Object.keys(words.types)).toEqual(Object.keys(rows))
    for (const [type, { precision, recall, f1, support }] of Object.entries(words.types)) {
      for (const [i, value] of [precision, recall, f1, support].entries())
        expect(value).toBeCloseTo(rows[type]![i]!, 12)
    }
    const triples = [
      [words.macro, expected.wordsMacro],
      [words.micro, expected.wordsMicro],
      [scores(countTags(gold, predicted, { outside: true })).macro, expected.wordsMacroWithOutside]
    ] as const
    for (const [ours, theirs] of triples) {
      for (const [i, value] of [ours.precision, ours.recall, ours.f1].entries())
        expect(value).toBeCloseTo(theirs[i]!, 12)
    }
  }
})

test("whatever a scheme writes, both modes read back; BILOU is IOBES in other letters", () => {
  const random = rng(5)
  for (let n = 0; n < 500; n++) {
    const entities: Array<Entity> = []
    let at = random.int(3)
    while (at < 12) {
      const end = at + 1 + random.int(3)
      entities.push({ start: at, end, type: "XY"[random.int(2)]! })
      at = end + random.int(2)
    }
    for (const scheme of ["IOB1", "BIO", "IOE1", "IOE2", "IOBES", "BILOU"] as const) {
      for (const mode of ["strict", "conlleval"] as const) {
        expect(
          entitiesFromTags([toTags(entities, 15, scheme)], { scheme, mode })[0]!.entities,
          `${scheme} ${mode}`
        ).toEqual(entities)
      }
    }
  }
  for (const { scheme, tags } of reference.sequences) {
    if (scheme !== "IOBES") continue
    const bilou = tags.map((tag) => tag.replace(/^E-/, "L-").replace(/^S-/, "U-"))
    expect(entitiesFromTags([bilou], { scheme: "BILOU", mode: "strict" })).toEqual(
      entitiesFromTags([tags], { scheme: "IOBES", mode: "strict" })
    )
  }
})

test("a tag of another scheme is refused, with its place", () => {
  const fails = (tags: Array<Array<string>>, mode: "strict" | "conlleval") => {
    try {
      entitiesFromTags(tags, { scheme: "BIO", mode })
    } catch (error) {
      expect(error).toBeInstanceOf(InputError)
      return (error as InputError).message
    }
    return "did not fail"
  }
  expect(fails([["O"], ["B-X", "X"]], "conlleval")).toBe('tags: [1][1]: "X" is no BIO tag (name another scheme)')
  expect(fails([["O"], ["B-X", "S-X"]], "strict")).toBe('tags: [1][1]: "S-X" is no BIO tag (name another scheme)')
  expect(fails([["B-"]], "strict")).toContain('"B-" is no BIO tag')
})
