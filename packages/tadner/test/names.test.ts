import { describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { readEpisodes, readLabelled } from "@nuner/core"
import { deriveName, nameTypes, type TypeNames, typeNames } from "@nuner/tadner"
import { withData } from "@nuner/testing"

describe("deriveName", () => {
  test.each([
    ["person-actor", "person actor"],
    ["RATINGS_AVERAGE", "ratings average"],
    ["CreativeWork", "creative work"],
    ["AI/ML/DL-focus", "ai ml dl focus"],
    ["ORG", "organization"],
    ["cell_type", "cell type"],
    ["Größe", "größe"],
    ["???", "???"]
  ])("%s -> %s", (label, name) => expect(deriveName(label)).toBe(name))
})

describe("nameTypes", () => {
  test("takes the given name, else derives one", () => {
    expect(nameTypes(["location-GPE", "x-y"], typeNames["few-nerd"])).toEqual([
      "geographical social political entity",
      "x y"
    ])
  })
  test("a label like a property of every object is a label", () => {
    expect(nameTypes(["constructor", "toString"])).toEqual(["constructor", "to string"])
  })
  test("refuses a blank name", () => {
    expect(() => nameTypes(["a"], { a: " " })).toThrow("typeNames: a: is blank (say in words what the type is)")
  })
})

describe("tables", () => {
  test("Few-NERD has 66 types under its 8 coarse ones, each with a name of its own", () => {
    const table: TypeNames = typeNames["few-nerd"]
    expect(Object.keys(table)).toHaveLength(66)
    const coarse = Object.keys(table).map((label) => label.slice(0, label.indexOf("-")))
    expect(
      Object.fromEntries([...new Set(coarse)].map((c) => [c, coarse.filter((other) => other === c).length]))
    ).toEqual({
      ...{ art: 6, building: 8, event: 6, location: 7, organization: 10, other: 12, person: 8, product: 9 }
    })
    expect(new Set(Object.values(table)).size).toBe(66)
  })

  const files: ReadonlyArray<readonly [keyof typeof typeNames, string]> = [
    ["mit-movie", "few-shot/mit-movie/test.bio"],
    ["mit-movie-trivia", "few-shot/mit-movie-trivia/test.bio"],
    ["jnlpba", "few-shot/jnlpba/devel.tsv"],
    ["wnut17", "few-shot/wnut17/test.conll"],
    ["crossner-politics", "few-shot/crossner/politics/test.txt"],
    ["crossner-science", "few-shot/crossner/science/test.txt"],
    ["wikigold", "few-shot/wikigold/wikigold.conll"]
  ]
  for (const [name, path] of files) {
    withData(`${name} names exactly the types of ${path}`, async (directory) => {
      const found = new Set<string>()
      for await (const { entities } of readLabelled(join(directory, path)))
        for (const { type } of entities) found.add(type)
      expect([...found].sort()).toEqual(Object.keys(typeNames[name]).sort())
    })
  }

  withData("few-tk names every type of its episodes", async (directory) => {
    const found = new Set<string>()
    for (const folder of ["inter", "intra"]) {
      const path = join(directory, "few-nerd-format", `episodes_${folder}`)
      for (const file of readdirSync(path).filter((name) => name.includes("_3_1"))) {
        for await (const { types } of readEpisodes(join(path, file))) for (const type of types) found.add(type)
      }
    }
    expect(found.size).toBe(38)
    expect([...found].filter((type) => !(type in typeNames["few-tk"]))).toEqual([])
  })
})
