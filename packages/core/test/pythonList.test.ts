import { expect, test } from "bun:test"
import { join } from "node:path"
import { Schema } from "effect"
import { parsePythonLiteral } from "../src/formats/pythonLiteral.ts"
import { formatPythonList, PythonListError, parsePythonList, readJsonl, rng } from "../src/index.ts"
import { collect } from "./collect.ts"

test("agrees with Python's ast.literal_eval on 2,600 random texts", async () => {
  const Case = Schema.Struct({ source: Schema.String, value: Schema.NullOr(Schema.Array(Schema.String)) })
  const cases = await collect(readJsonl(join(import.meta.dir, "fixtures/python-list.jsonl"), Case))
  expect(cases.length).toBeGreaterThan(1800)
  const disagreements = cases.flatMap(({ source, value }) => {
    const ours = attempt(source)
    return JSON.stringify(ours) === JSON.stringify(value) ? [] : [{ source, value, ours }]
  })
  expect(disagreements).toEqual([])
  expect(cases.filter(({ value }) => value !== null).length).toBeGreaterThan(1000)
})

const attempt = (source: string): Array<string> | null => {
  try {
    return parsePythonList(source)
  } catch (error) {
    expect(error).toBeInstanceOf(PythonListError)
    return null
  }
}

test("what is refused says why and where", () => {
  const why = (source: string) => {
    try {
      return JSON.stringify(parsePythonList(source))
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(why("['a' 'b']")).toBe("neither a comma nor ] at character 5")
  expect(why("['''a''']")).toBe("a string in triple quotes at character 1")
  expect(why("[f'{1}']")).toBe("not a string in quotes at character 1")
  expect(why("[1]")).toBe("not a string in quotes at character 1")
  expect(why("['\\N{DASH}']")).toContain("\\N")
  expect(why("__import__('os')")).toBe("no opening [ at character 0")
  expect(why("['a'")).toBe("neither a comma nor ] at character 4")
  expect(why("['a")).toBe("a string without an end at character 3")
  expect(why("['a']; x")).toBe("something after ] at character 5")
})

test("any list of strings survives the round trip", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const random = rng(seed)
    const unit = () => (random.int(3) === 0 ? random.int(0x1_0000) : random.int(0x80))
    const items = Array.from({ length: random.int(5) }, () =>
      String.fromCharCode(...Array.from({ length: random.int(12) }, unit))
    )
    expect(parsePythonList(formatPythonList(items))).toEqual(items)
  }
  expect(formatPythonList(["it's", 'a "b" c\'', "é😀\n\0"])).toBe(`["it's", 'a "b" c\\'', 'é😀\\n\\x00']`)
})

test("lists, tuples and dictionaries of all that Python writes", () => {
  const literal = `[{'start': 0, "end": -1.5e3, 1: (True, False, None, 'it\\'s')}, (2,), [], {}, ()]`
  expect(parsePythonLiteral(literal)).toEqual([
    { start: 0, end: -1500, 1: [true, false, null, "it's"] },
    [2],
    [],
    {},
    []
  ])
  expect(parsePythonLiteral("['EU' \"isn't\"\n 'here']")).toEqual(["EU", "isn't", "here"])
  expect(parsePythonLiteral("[3 0. 7]")).toEqual([3, 0, 7])
  for (const text of ["[1", "['a']; x", "{1}", "[x]", "[Truex]", "[1 ... 2]", "3", "[1_0]", "(1 2)", "{[1]: 2}"]) {
    expect(() => parsePythonLiteral(text)).toThrow(PythonListError)
  }
  expect(() => parsePythonLiteral("[".repeat(1e6))).toThrow("more than 100 brackets")
})
