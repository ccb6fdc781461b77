import { afterAll, describe, expect, spyOn, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { readManifest } from "@nuner/core"
import { nuner } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { Effect } from "effect"

// Small files, each the least form of a fault that people met, with what is right for them.
const folder = join(import.meta.dir, "fixtures/cases")

type Entities = ReadonlyArray<ReadonlyArray<readonly [text: string, type: string]>>
interface Case {
  readonly file: string
  readonly entities?: Entities
  readonly words?: ReadonlyArray<ReadonlyArray<string>>
  readonly ids?: ReadonlyArray<string>
  readonly texts?: number | null
  readonly refused?: string
  readonly with?: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly then?: Entities
}
const cases: ReadonlyArray<Case> = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"))

interface Row {
  readonly id?: string
  readonly text?: string
  readonly words?: ReadonlyArray<string>
  readonly entities?: ReadonlyArray<{ start: number; end: number; type: string }>
}

const dir = tempDir()
afterAll(() => dir[Symbol.dispose]())

/** A command in this process, and what it wrote. */
const run = async (...args: ReadonlyArray<string>) => {
  let err = ""
  const written = spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text
    return true
  })
  try {
    return { code: await Effect.runPromise(nuner(args)), err }
  } finally {
    written.mockRestore()
  }
}

let outs = 0
const convert = async (file: string, ...flags: ReadonlyArray<string>) => {
  const out = dir.file(`${outs++}.out`)
  const { code, err } = await run("convert", join(folder, file), "-o", out, "--to", "jsonl", ...flags)
  const rows = (): Array<Row> =>
    readFileSync(out, "utf8")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
  return { code, err, out, rows: code === 0 ? rows() : [] }
}

const entitiesOf = (rows: ReadonlyArray<Row>) =>
  rows.map(({ entities = [], text, words }) =>
    entities.map(({ end, start, type }) => [text?.slice(start, end) ?? words!.slice(start, end).join(" "), type])
  )

/** What flat data must say of overlaps is asked of a format that is flat. */
const flags = ({ with: given = {} }: Case) =>
  Object.entries(given).flatMap(([name, value]) => [`--${name}`, typeof value === "string" ? value : value.join(",")])

/** What an error has to say, where the file is refused. */
const said: Readonly<Record<string, RegExp>> = {
  "hugging-face-numbers.jsonl": /names/,
  "code-point-offsets.jsonl": /codepoints every entity of the file fits \(--offsets codepoints\)/,
  "overlap.jsonl": /overlap.*--overlap/,
  "cut-word.jsonl": /cut-word\.jsonl:1: .*"Sus" cuts the word "Susanne".*--on-cut/,
  "no-entities.jsonl": /no entity.*--allow-empty/,
  "empty-words.jsonl": /empty-words\.jsonl:1: /
}

/** Of formats that have no reader yet. */
const awaited = new Set(["label-studio.json", "prodigy.jsonl", "spacy-train.json", "hugging-face-numbers.jsonl"])

describe("the small inputs are read right by nuner convert", () => {
  for (const one of cases) {
    test.skipIf(awaited.has(one.file))(`${one.file}${one.refused === undefined ? "" : " is refused"}`, async () => {
      if (one.refused !== undefined) {
        const { code, err } = await convert(one.file)
        expect(code).toBe(1)
        expect(err).toMatch(said[one.file]!)
        if (one.then === undefined) return
      }
      const { code, err, rows } = await convert(one.file, ...flags(one))
      expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" })
      const entities = one.refused === undefined ? one.entities : one.then
      if (entities !== undefined) expect(entitiesOf(rows)).toEqual(entities.map((all) => all.map((pair) => [...pair])))
      if (one.words !== undefined) expect(rows.map(({ words }) => words!)).toEqual(one.words.map((words) => [...words]))
      if (one.ids !== undefined) expect(rows.map(({ id }) => id!)).toEqual([...one.ids])
      if (typeof one.texts === "number") expect(rows.length).toBe(one.texts)
    })
  }

  test("what was merged, dropped or skipped is said, counted in the manifest and listed", async () => {
    expect((await convert("duplicate-label.jsonl")).err).toContain("1 duplicate entities merged")
    expect((await convert("empty-word-row.conll")).err).toContain("1 rows without a word")
    expect((await convert("untyped-b-i.conll")).err).toContain("BIO without types")
    expect((await convert("untyped-b-i.conll", "--untyped", "mineral")).rows[0]!.entities![0]!.type).toBe("mineral")
    const { err, out, rows } = await convert("empty-words.jsonl", "--malformed", "skip", "--allow-empty")
    expect([rows.length, /4 malformed records skipped/.test(err)]).toEqual([0, true])
    const listed = readFileSync(`${out}.skipped.jsonl`, "utf8").trimEnd().split("\n")
    expect(listed.map((line) => JSON.parse(line).line)).toEqual([1, 2, 3, 4])
    expect((await readManifest(`${out}.manifest.json`)).counts.records).toEqual({
      in: 4,
      out: 0,
      dropped: { malformed: 4 }
    })
    expect((await convert("no-entities.jsonl", "--allow-empty")).rows.length).toBe(2)
  })
})
