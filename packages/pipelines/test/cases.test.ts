import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { align } from "@nuner/aligner"
import { AlignedSentence, readJsonl, readManifest, words } from "@nuner/core"
import { evaluate } from "@nuner/metrics"
import { readDataset } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

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

const run = async (...args: ReadonlyArray<string>) => {
  const { code, err, out } = await inProcess(...args)
  return { code, err, lines: out.split("\n").slice(0, -1) }
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

describe("the small inputs are read right by nuner convert", () => {
  for (const one of cases) {
    test(`${one.file}${one.refused === undefined ? "" : " is refused"}`, async () => {
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

  test("an output in .gz is packed, its format the one of the name before it", async () => {
    const out = dir.file("packed.conll.gz")
    expect((await run("convert", join(folder, "two-types-train.jsonl"), "-o", out)).code).toBe(0)
    expect(Buffer.from(Bun.gunzipSync(readFileSync(out))).toString()).toContain("Oslo\tB-city\n")
    const refused = await run("convert", join(folder, "two-types-train.jsonl"), "-o", dir.file("packed.parquet.gz"))
    expect([refused.code, /Parquet is not written as gzip/.test(refused.err)]).toEqual([1, true])
  })

  test("what is not there, is empty or would have to be fetched is told as that", async () => {
    writeFileSync(dir.file("empty.txt"), "")
    const refused = async (input: string) => (await run("convert", input, "-o", dir.file("refused.jsonl"))).err
    expect(await refused("https://example.org/a.jsonl")).toContain(
      "is a URL, which is not fetched (fetch it first: curl"
    )
    expect(await refused(dir.file("missing.jsonl"))).toContain("missing.jsonl: no such file (check the path")
    expect(await refused(dir.file("empty.txt"))).toContain(
      "empty.txt: holds no record (if that is right: --allow-empty)"
    )
    expect(existsSync(dir.file("refused.jsonl"))).toBe(false)
  })

  test("a text that nobody looked at does not become one without entities", async () => {
    const input = join(folder, "array-of-texts.json")
    const refused = await run("convert", input, "-o", dir.file("looked.conll"))
    expect([refused.code, /is not labelled, which conll cannot say/.test(refused.err)]).toEqual([1, true])
    for (const to of ["doccano", "label-studio", "prodigy", "spacy"]) {
      const out = dir.file(`unlabelled.${to}`)
      expect((await run("convert", input, "-o", out, "--to", to)).code).toBe(0)
      const back = dir.file(`${to}.jsonl`)
      expect((await run("convert", out, "-o", back)).code).toBe(0)
      for (const line of readFileSync(back, "utf8").trim().split("\n"))
        expect(JSON.parse(line).entities).toBeUndefined()
    }
  })

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

describe("what is trained, predicted and scored on them", () => {
  beforeAll(async () => {
    const texts = [
      "Mia ran to Oslo . Bo sat in Bonn",
      "Kai saw Lima . Ulla saw Turku",
      "group O blood helps Mia",
      "Leo Ulla Ghent"
    ]
    const shape = { hidden: 32, layers: 1, heads: 2, feedForward: 64, positions: 66 }
    await saveBase(dir.file("encoder"), texts, { shape })
  })

  const finetune = (file: string, ...args: ReadonlyArray<string>) => {
    const out = dir.file(`model-${outs++}`)
    const path = join(folder, file)
    return run("finetune", path, "--encoder", dir.file("encoder"), "--c", "100", "--out", out, ...args).then(
      (result) => ({ ...result, out })
    )
  }

  const predict = (model: string, ...inputs: ReadonlyArray<string>) => run("predict", model, ...inputs)

  test("a type may be called O: it is learned, found and scored; bare classes are refused", async () => {
    const { code, err, out } = await finetune("type-named-o.jsonl", "--test", join(folder, "type-named-o.jsonl"))
    expect({ code, perfect: /token macro F1 100\.0, entity micro F1 100\.0/.test(err) }).toEqual({
      code: 0,
      perfect: true
    })
    expect((await predict(out, "group O blood helps Mia")).lines).toEqual(["group [O|O] blood helps [Mia|person]"])
    expect((await finetune("type-named-o.jsonl", "--scheme", "bare")).err).toMatch(/scheme.*called O/)
  })

  test("neighbours of one type choose classes that keep them apart, and are told", async () => {
    const { err, out } = await finetune("adjacent.jsonl")
    expect(err).toContain("classes are B- and I- of each type")
    expect((await predict(out, "Mia Bo Kai ran to Oslo Bonn")).lines[0]).toContain("[Mia|person] [Bo|person]")
    expect((await finetune("two-types-train.jsonl")).err).not.toContain("classes are B-")
  })

  test("a type with brackets is printed so that it can be read again", async () => {
    const { out } = await finetune("type-with-brackets.jsonl")
    const { lines } = await predict(out, "Mia ran")
    expect(lines).toEqual(["[Mia|Person \\| Role\\] x] ran"])
    writeFileSync(dir.file("again.txt"), `${lines[0]}\n`)
    const rows = dir.file("again.jsonl")
    expect((await run("convert", dir.file("again.txt"), "-o", rows)).code).toBe(0)
    expect(JSON.parse(readFileSync(rows, "utf8")).entities).toEqual([{ start: 0, end: 3, type: "Person | Role] x" }])
  })

  test("scores are open: a type that is never right counts, one that training lacks is missed", async () => {
    const test = join(folder, "other-types-test.jsonl")
    const { code, err, out } = await finetune("two-types-train.jsonl", "--test", test)
    expect(code).toBe(0)
    expect(err).toContain("types of the test data without a training example: harbour")
    expect(err).toMatch(/on 2 test sentences token macro F1/)
    writeFileSync(dir.file("predicted.jsonl"), (await predict(out, test, "--json")).lines.join("\n"))
    const [gold, predicted] = await Promise.all([readDataset(test), readDataset(dir.file("predicted.jsonl"))])
    const { city, harbour } = evaluate(gold, predicted).entities.types
    expect([city!.support, city!.correct, city!.predicted > 0]).toEqual([0, 0, true])
    expect([harbour!.support, harbour!.predicted]).toEqual([1, 0])
  })

  test("what is skipped of training and test data is counted in a manifest and listed beside it", async () => {
    const spoilt = (file: string) => {
      const path = dir.file(`spoilt-${file}`)
      writeFileSync(path, `${readFileSync(join(folder, file), "utf8").trimEnd()}\n{"text":5}\n`)
      return path
    }
    const train = spoilt("two-types-train.jsonl")
    const test = spoilt("other-types-test.jsonl")
    const encoder = dir.file("encoder")
    writeFileSync(dir.file("no-answers.jsonl"), "")
    writeFileSync(
      dir.file("skipping.json"),
      JSON.stringify({
        ...{ encoders: { one: encoder }, k: [1], sets: 1, protocol: { type: "frozen", c: 1 } },
        datasets: Object.fromEntries(["a", "b"].map((name) => [name, { train, test, data: { malformed: "skip" } }]))
      })
    )
    const tadner = ["tadner", "train", train, "--encoder", encoder, "--epochs", "1", "--malformed", "skip"]
    expect(await run(...tadner, "-o", dir.file("tadner"))).toMatchObject({ code: 0 })
    const data = ["--train", train, "--test", test, "--malformed", "skip"]
    const recorded = ["--provider", "recorded", "--model", "m", "--answers", dir.file("no-answers.jsonl")]
    const both = { in: 8, out: 6, dropped: { malformed: 2 } }
    const commands = [
      [["probe", ...data, "--encoder", encoder, "--k", "1", "--sets", "1", "--c", "1"], ".manifest.json", both],
      [["benchmark", dir.file("skipping.json")], "/manifest.json", { in: 16, out: 12, dropped: { malformed: 4 } }],
      [["llm-baseline", ...data, ...recorded], "/manifest.json", both],
      [
        ["tadner", "episodes", train, "--model", dir.file("tadner"), "--n", "2", "--count", "1", "--malformed", "skip"],
        "/manifest.json",
        { in: 5, out: 4, dropped: { malformed: 1 } }
      ]
    ] as const
    for (const [command, manifest, records] of commands) {
      const out = dir.file(`skipping-${outs++}`)
      const { code, err } = await run(...command, "-o", out)
      expect({ command, code, err }).toMatchObject({ code: 0 })
      const { artefacts, counts } = await readManifest(`${out}${manifest}`)
      expect(counts.records).toEqual(records)
      const listed = readFileSync(`${out}.skipped.jsonl`, "utf8").trimEnd().split("\n")
      expect(listed.map((line) => JSON.parse(line).reason)).toEqual(Array(records.dropped.malformed).fill("no text"))
      expect(artefacts.some(({ path }) => path.endsWith(".skipped.jsonl"))).toBe(true)
    }
    const packed = await run(...commands[0][0], "-o", dir.file("skipping.jsonl.gz"))
    expect([packed.code, /is not written as gzip/.test(packed.err)]).toEqual([1, true])
  })

  test("every command that reads labelled data has the flags of the door", async () => {
    const data = join(folder, "cut-word.jsonl")
    const texts = join(folder, "array-of-texts.json")
    const encoder = ["--encoder", dir.file("encoder")]
    const out = () => ["--out", dir.file(`reads-${outs++}`)]
    const commands: ReadonlyArray<ReadonlyArray<string>> = [
      ["convert", data, "--to", "jsonl"],
      ["concepts", data],
      ["mine", data, "--k", "1", "--sets", "1"],
      ["finetune", data, ...encoder],
      ["probe", ...encoder, "--train", data, "--test", data, "--k", "1", "--sets", "1"],
      ["label", texts, "--examples", data, "--provider", "recorded", "--model", "m", "--dry-run"],
      ["llm-baseline", "--provider", "recorded", "--model", "m", "--train", data, "--test", data, "--dry-run"],
      ["pretrain", data, "--base", dir.file("encoder"), "--steps", "1", "--validation", "0"],
      ["pretrain", data, "--objective", "types", "--base", dir.file("encoder"), "--steps", "1", "--validation", "0"],
      ["tadner", "train", data, ...encoder],
      ["tadner", "episodes", data, "--model", dir.file("encoder"), "--n", "1", "--count", "1"]
    ]
    for (const command of commands) {
      const refused = await run(...command, ...out())
      expect([command[0], refused.code, refused.err]).toEqual([
        command[0],
        1,
        expect.stringContaining("--on-cut expand")
      ])
      const { err } = await run(...command, ...out(), "--on-cut", "expand")
      expect([command[0], err.includes("--on-cut")]).toEqual([command[0], false])
    }
  })

  test("the types of labelled data are concepts to choose from and to pre-train on", async () => {
    const data = join(folder, "two-types-train.jsonl")
    const out = dir.file("concepts.jsonl")
    const { code, err } = await run("concepts", data, "-o", out)
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining("8 mentions of 2 concepts") })
    const [labelled, aligned] = await Promise.all([readDataset(data), Array.fromAsync(readJsonl(out, AlignedSentence))])
    const found = aligned.map(({ mentions, text }) =>
      mentions.map((one) => [text.slice(one.start, one.end), one.concept])
    )
    expect(found).toEqual(
      labelled.map(({ entities, words }) =>
        entities.map((one) => [words.slice(one.start, one.end).join(" "), one.type])
      )
    )
    const { counts } = await readManifest(`${out}.manifest.json`)
    expect(counts.records).toEqual({ in: 4, out: 4, dropped: {} })
  })

  test("no entity, no training", async () => {
    const { code, err } = await finetune("no-entities.jsonl")
    expect([code, /has no entity.*--allow-empty/.test(err)]).toEqual([1, true])
    const { out } = await finetune("no-entities.jsonl", "--allow-empty")
    expect((await predict(out, "Mia ran")).err).toContain("knows no type")
  })

  test("predictions keep the fields of their records, and stand in the sentence and in the file", async () => {
    const { out } = await finetune("two-types-train.jsonl")
    const file = dir.file("texts.jsonl")
    writeFileSync(
      file,
      `${readFileSync(join(folder, "texts-with-ids.jsonl"), "utf8")}{"id":"c","text":"Mia ran","lang":"en"}\n`
    )
    const rows = (await predict(out, file, "--json")).lines.map((line) => JSON.parse(line))
    expect(rows.map(({ id, lang, text }) => [id, lang, text.length])).toEqual([
      ["a", undefined, 37],
      ["b", undefined, 0],
      ["c", "en", 7]
    ])
    const paragraphs = join(folder, "paragraphs.txt")
    const content = readFileSync(paragraphs, "utf8")
    const sentences = (await predict(out, paragraphs, "--json")).lines.map((line) => JSON.parse(line))
    expect(sentences.map(({ start, text }) => content.slice(start, start + text.length) === text)).toEqual(
      Array(4).fill(true)
    )
    const spans = sentences.flatMap(({ entities, text }) =>
      entities.map(
        ({ document, end, start }: { document: { start: number; end: number }; start: number; end: number }) => [
          content.slice(document.start, document.end),
          text.slice(start, end)
        ]
      )
    )
    expect(spans.length).toBeGreaterThan(0)
    for (const [inFile, inSentence] of spans) expect(inFile).toBe(inSentence)
    expect((await predict(out, join(folder, "texts.csv"))).lines).toHaveLength(1)
  })

  test("what is a path by its looks, or a URL, is never predicted on as text", async () => {
    for (const [input, reason] of [
      ["missing.csv", "no such file"],
      ["a/b.json", "no such file"],
      ["https://x.org/a.txt", "is a URL"]
    ] as const) {
      const { code, err } = await predict(dir.file("none"), input)
      expect({ code, told: err.includes(reason) }).toEqual({ code: 1, told: true })
    }
  })
})

test("a folder is read with its folders; what is no data is passed over and counted", async () => {
  const at = (name: string) => dir.file(`corpus/${name}`)
  mkdirSync(at("more/.hidden"), { recursive: true })
  writeFileSync(at("b.md"), "Mia ran.\n")
  writeFileSync(at("more/a.txt.gz"), Bun.gzipSync("Bo sat.\nKai fell.\n"))
  writeFileSync(at("more/x.png"), Uint8Array.of(0x89, 0x50, 0, 0, 1))
  writeFileSync(at("more/.hidden/c.txt"), "Ulla slept.\n")
  const out = dir.file("corpus.jsonl")
  const { code, err } = await run("convert", dir.file("corpus"), "-o", out)
  expect({
    code,
    told: err.includes("1 files markdown, 1 files text") && err.includes("1 files passed over (1 .png)")
  }).toEqual({
    code: 0,
    told: true
  })
  const texts = readFileSync(out, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).text)
  expect(texts).toEqual(["Mia ran.", "Bo sat.", "Kai fell."])
})

test("a file of a folder that ends as data does and is none that is read ends the reading, or is left out as malformed", async () => {
  const at = (name: string) => dir.file(`mixed/${name}`)
  mkdirSync(at(""), { recursive: true })
  writeFileSync(at("a.jsonl"), '{"text":"Mia ran.","entities":[{"start":0,"end":3,"type":"person"}]}\n')
  writeFileSync(at("b.jsonl"), '{"sentence":"Bo sat.","entities":[{"start":0,"end":2,"type":"person"}]}\n')
  writeFileSync(at("licence"), Uint8Array.of(0x89, 0x50, 0, 0, 1))
  const convert = async (...flags: ReadonlyArray<string>) =>
    run("convert", dir.file("mixed"), "-o", dir.file("mixed.jsonl"), ...flags)
  const refused = await convert()
  expect(refused.code).toBe(1)
  expect(refused.err).toContain("b.jsonl: is none of the formats that are read: records of sentence, entities")
  const { code, err } = await convert("--malformed", "skip")
  expect(code).toBe(0)
  expect(err).toContain("left out: ")
  expect(err).toContain(
    "1 files jsonl, 1 files not read, 1 labelled records, 1 entities (person 1); 1 malformed records"
  )
  expect(err).toContain("; 1 files passed over (1 without ending)")
  const { counts } = await readManifest(dir.file("mixed.jsonl.manifest.json"))
  expect(counts.records).toEqual({ in: 2, out: 1, dropped: { malformed: 1 } })
  expect(readFileSync(dir.file("mixed.jsonl.skipped.jsonl"), "utf8")).toContain("b.jsonl")
})

test("documents of a folder may have no entity, if any has one", async () => {
  const at = (name: string) => dir.file(`brat/${name}`)
  mkdirSync(at(""), { recursive: true })
  for (const name of ["a", "b"]) writeFileSync(at(`${name}.txt`), "Mia ran.")
  writeFileSync(at("a.ann"), "T1\tperson 0 3\tMia\n")
  writeFileSync(at("b.ann"), "")
  const convert = () => run("convert", dir.file("brat"), "-o", dir.file("brat.jsonl"))
  expect((await convert()).code).toBe(0)
  writeFileSync(at("a.ann"), "")
  const { code, err } = await convert()
  expect(code).toBe(1)
  expect(err).toContain("brat: has no entity in 2 labelled records (read as 2 files brat)")
})

test("nuner check tells what is wrong, whatever it is, and goes on to the end", async () => {
  const check = async (file: string) => {
    const { code, lines } = await run("check", join(folder, file), "--json")
    return { code, ...JSON.parse(lines[0]!) }
  }
  expect(await check("cut-word.jsonl")).toMatchObject({
    code: 0,
    records: 2,
    noted: { "entities grown to whole words": 1 }
  })
  expect(await check("overlap.jsonl")).toMatchObject({ overlapping: 1, entities: { BRAND: 1, LOC: 1 } })
  expect(await check("adjacent.jsonl")).toMatchObject({ neighbours: { count: 5, lost: 1 }, feasible: [1, 2, 4] })
  expect(await check("empty-words.jsonl")).toMatchObject({ records: 0, malformed: 4 })
  expect((await check("empty-words.jsonl")).firstMalformed[0]).toContain("empty-words.jsonl:1")
  const { lines } = await run("check", join(folder, "two-types-train.jsonl"), join(folder, "other-types-test.jsonl"))
  expect(lines.join("\n")).toContain("types of the test data without a training example: harbour")
})

test("nuner check says where fit with the same options would end, and what is not labelled", async () => {
  const check = async (name: string, records: ReadonlyArray<unknown>, ...flags: ReadonlyArray<string>) => {
    writeFileSync(dir.file(name), records.map((record) => `${JSON.stringify(record)}\n`).join(""))
    return (await run("check", dir.file(name), ...flags)).lines.join("\n")
  }
  const person = (text: string, start: number, end: number) => ({ text, entities: [{ start, end, type: "person" }] })
  const late = [person("Mia Lem ran.", 1, 7)]
  expect(await check("late.jsonl", late)).toContain(
    'nuner fit would refuse it: PATH:1: entities[0]: "ia Lem" cuts the word "Mia" (say what'.replace(
      "PATH",
      dir.file("late.jsonl")
    )
  )
  expect(await check("late.jsonl", late, "--on-cut", "shrink")).not.toContain("would refuse")
  const points = [person("😀 Mia ran.", 2, 5)]
  expect(await check("points.jsonl", points)).toContain("(--offsets codepoints)")
  expect(await check("points.jsonl", points, "--offsets", "codepoints")).not.toContain("would refuse")
  const mixed = await check("mixed.jsonl", [person("Mia ran.", 0, 3), { text: "Bo sat." }])
  expect(mixed).toContain("2 records, 1 of them labelled, 1 entities")
  expect(mixed).toContain('1 records are not labelled: give those without entities "entities": []')
  expect(mixed).toContain("mixed.jsonl:2: is not labelled")
  const broken = [person("Mia ran.", 0, 3), person("Bo sat.", 0, 99)]
  expect(await check("broken.jsonl", broken)).toContain("would refuse")
  expect(await check("broken.jsonl", broken, "--malformed", "skip")).not.toContain("would refuse")
})

test("nuner check takes a folder for one set of data", async () => {
  mkdirSync(dir.file("set"))
  const line = (text: string) => `${JSON.stringify({ text, entities: [{ start: 0, end: 3, type: "person" }] })}\n`
  writeFileSync(dir.file("set/a.jsonl"), line("Mia ran."))
  writeFileSync(dir.file("set/b.jsonl"), line("Mia ran."))
  const { lines } = await run("check", dir.file("set"), "--json")
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { file: dir.file("set"), format: "2 files jsonl", records: 2, repeated: 1, entities: { person: 2 } }
  ])
  expect(JSON.parse(lines[0]!).findings.leaked).toBeUndefined()
})

describe("what is annotated", () => {
  test("Korean entities are found before their particles", async () => {
    const out = dir.file("korean.jsonl")
    expect((await run("align", join(folder, "korean-particles.jsonl"), "-o", out)).code).toBe(0)
    const { mentions, text } = JSON.parse(readFileSync(out, "utf8"))
    const found = mentions.map(({ concept, end, start }: { concept: string; start: number; end: number }) => [
      text.slice(start, end),
      concept
    ])
    expect(found).toEqual([
      ["철수", "person"],
      ["서울", "city"],
      ["삼성전자", "company"]
    ])
  })

  test("characters without width neither part words nor move offsets", async () => {
    const [row] = (await convert("zero-width-space.jsonl")).rows
    const text = row!.text!
    expect(words(text).map(({ end, start, word }) => text.slice(start, end) === word)).not.toContain(false)
    const entities = ["Jo\u200bhn", "Os\u00adlo"].map((entity) => ({ entity, concept: "name" }))
    const { mentions } = align({ id: "z", text, annotations: entities })
    expect(mentions.map(({ end, start }) => text.slice(start, end))).toEqual(entities.map(({ entity }) => entity))
  })
})
