import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { type Episode, lockFile, readManifest, writeEpisodes, writeJsonl } from "@nuner/core"
import { FakeLlm, type LlmFault, tempDir } from "@nuner/testing"
import { inProcess, interrupted, type Said } from "./support/inProcess.ts"

/** Every stage under everything that may happen to it: what the call says, and what the same call does afterwards. */

const folder = tempDir()
const at = (name: string): string => folder.file(name)
process.env.OPENAI_API_KEY = "sk-test"

let down = false
const fault = ({ sentence }: { readonly sentence: string }): LlmFault | undefined =>
  down && sentence.includes("Ada0") ? { type: "status", status: 503 } : undefined
const fake = new FakeLlm({ fault, idempotency: false })
afterAll(async () => {
  await fake.stop()
  folder[Symbol.dispose]()
})

const sentence = (name: string, type: string) => ({
  words: ["we", "saw", name],
  entities: [{ start: 2, end: 3, type }]
})
const sentences = Array.from({ length: 8 }, (_, i) => [
  sentence(`Ada${i}`, "person"),
  sentence(`Paris${i}`, "place")
]).flat()
const train = at("train.jsonl")
const llm = ["--provider", "openai", "--model", "gpt-4o-mini", "--base-url", fake.openAiUrl, "--max-retries", "0"]

interface Case {
  /** The command, without its `--out`. */
  readonly args: ReadonlyArray<string>
  /** An option that changes the result. */
  readonly other: ReadonlyArray<string>
  /** What is said of it, where the results of other settings are not written over: they took hours. */
  readonly refuses?: RegExp
  /** Where the result goes, in a folder of its own; a name with an ending for a file. */
  readonly out: string
  /** An artefact, beside `out` or in it. */
  readonly artefact: string
  /** The manifest. Default: beside `out`. */
  readonly manifest?: string
  /** Whether an item may fail on the way. */
  readonly items?: boolean
}

const cases: Record<string, Case> = {
  annotate: {
    args: ["annotate", at("texts.txt"), ...llm],
    other: ["--limit", "3"],
    out: "a.jsonl",
    artefact: "a.jsonl",
    items: true
  },
  label: {
    args: ["label", at("texts.txt"), ...llm, "--types", "name", "--allow-empty"],
    other: ["--limit", "3"],
    out: "l.jsonl",
    artefact: "l.failed.jsonl",
    items: true
  },
  "llm-baseline": {
    args: ["llm-baseline", "--train", train, "--test", train, ...llm, "--k", "0"],
    other: ["--test-size", "3"],
    out: "llm",
    artefact: "llm/runs.jsonl",
    manifest: "llm/manifest.json",
    items: true
  },
  align: { args: ["align", at("annotated.jsonl")], other: ["--policy", "first"], out: "b.jsonl", artefact: "b.jsonl" },
  concepts: {
    args: ["concepts", at("aligned.jsonl")],
    other: ["--top", "1"],
    out: "c.jsonl",
    artefact: "c.concepts.jsonl"
  },
  convert: { args: ["convert", train], other: ["--scheme", "IOBES"], out: "d.conll", artefact: "d.conll" },
  mine: {
    args: ["mine", train, "--k", "1,2", "--sets", "2"],
    other: ["--seed", "7"],
    out: "sets",
    artefact: "sets/k-2/set-1.jsonl",
    manifest: "sets/manifest.json"
  },
  base: {
    args: ["base", at("texts.txt"), "--hidden", "16", "--layers", "1", "--vocab-size", "300"],
    other: ["--seed", "7"],
    out: "base",
    artefact: "base/tokenizer.json"
  },
  "base, trained": {
    args: ["base", at("texts.txt"), "--hidden", "16", "--layers", "1", "--vocab-size", "300", "--tokens", "500"],
    other: ["--seed", "7"],
    out: "base",
    artefact: "base.log.jsonl"
  },
  pretrain: {
    args: ["pretrain", at("aligned.jsonl"), "--base", at("encoder"), "--preset", "small", "--steps", "2"],
    other: ["--seed", "7"],
    out: "nuner",
    artefact: "nuner/concepts/scorer.json"
  },
  "pretrain, types": {
    args: ["pretrain", train, "--objective", "types", "--base", at("encoder"), "--steps", "2"],
    other: ["--seed", "7"],
    out: "types",
    artefact: "types.loss.svg"
  },
  fit: {
    args: ["fit", train, "--encoder", at("encoder"), "--c", "1"],
    other: ["--layers", "0"],
    out: "model",
    artefact: "model/nuner.json"
  },
  "fit, full": {
    args: ["fit", train, "--encoder", at("encoder"), "--mode", "full", "--epochs", "1"],
    other: ["--seed", "7"],
    out: "model",
    artefact: "model/model.safetensors"
  },
  evaluate: {
    args: ["evaluate", at("fitted"), train],
    other: ["--seed", "7"],
    out: "e.json",
    artefact: "e.html"
  },
  probe: {
    args: ["probe", "--encoder", at("encoder"), "--train", train, "--test", train, "--k", "1", "--sets", "1"],
    other: ["--c", "2"],
    out: "p.jsonl",
    artefact: "p.md"
  },
  benchmark: {
    args: ["benchmark", at("benchmark.json")],
    other: [],
    out: "bench",
    artefact: "bench/tables.md",
    manifest: "bench/manifest.json"
  },
  encode: {
    args: ["encode", at("texts.txt"), "--model", at("encoder")],
    other: ["--pooling", "mean"],
    out: "v.jsonl",
    artefact: "v.jsonl"
  },
  export: {
    args: ["export", "--model", at("encoder")],
    other: ["--dtype", "F16"],
    out: "exported",
    artefact: "exported/config.json"
  },
  "tadner train": {
    args: ["tadner", "train", train, "--encoder", at("encoder"), "--batch-size", "8"],
    other: ["--seed", "7"],
    out: "tadner",
    artefact: "tadner/tadner.json"
  },
  "zero train": {
    args: ["zero", "train", at("aligned.jsonl"), "--base", at("encoder"), "--steps", "2", "--hidden", "8"],
    other: ["--seed", "7"],
    out: "zero",
    artefact: "zero/gliner_config.json"
  },
  "tadner episodes": {
    args: ["tadner", "episodes", at("episodes.jsonl"), "--model", at("tadner"), "--steps", "1"],
    other: ["--phi", "last"],
    refuses: /result of other settings.*name another results file/,
    out: "episodes",
    artefact: "episodes/scores.json",
    manifest: "episodes/manifest.json"
  }
}

beforeAll(async () => {
  const made = async (...args: ReadonlyArray<string>) => {
    const { code, err } = await inProcess(...args)
    if (code !== 0) throw new Error(err)
  }
  await writeJsonl(train, sentences)
  writeFileSync(at("texts.txt"), sentences.map(({ words }) => `${words.join(" ")}.\n`).join(""))
  const annotated = sentences.map(({ entities: [entity], words }, i) => ({
    ...{ id: String(i), text: `${words.join(" ")}.` },
    annotations: [{ entity: words[2], concept: entity!.type }]
  }))
  await writeJsonl(at("annotated.jsonl"), annotated)
  await made("align", at("annotated.jsonl"), "--out", at("aligned.jsonl"))
  await made("base", at("texts.txt"), "--out", at("encoder"), "--hidden", "16", "--layers", "1", "--vocab-size", "300")
  await made("fit", train, "--out", at("fitted"), "--encoder", at("encoder"), "--c", "1")
  await made("tadner", "train", train, "--encoder", at("encoder"), "--out", at("tadner"), "--batch-size", "8")
  const episode: Episode = { types: ["person", "place"], support: sentences.slice(0, 2), query: sentences.slice(2, 4) }
  await writeEpisodes(at("episodes.jsonl"), [episode, episode])
  const definition = { encoders: { it: at("encoder") }, datasets: { d: { train, test: train } }, k: [1], sets: 1 }
  writeFileSync(at("benchmark.json"), JSON.stringify(definition))
}, 120_000)

let folders = 0
/** A call of a case into a folder of its own. */
const call = ({ args, manifest, out }: Case) => {
  const place = at(`place-${folders++}`)
  const path = join(place, manifest ?? `${out}.manifest.json`)
  return {
    place,
    args: [...args, "--out", join(place, out)],
    lock: join(dirname(path), `.${basename(path)}.lock`),
    manifest: () => readManifest(path),
    hasManifest: () => existsSync(path)
  }
}
const kept = ({ err }: Said): boolean => err.includes("unchanged, kept")
const temporary = (place: string): ReadonlyArray<string> =>
  existsSync(place)
    ? readdirSync(place, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(".tmp"))
    : []

describe.each(Object.keys(cases))("%s", (name) => {
  const one = cases[name]!

  test("again: kept, and its manifest said with --json; another setting, a deleted artefact: made anew; all files are listed", async () => {
    const { args, manifest, place } = call(one)
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    const { artefacts, completion } = await manifest()
    expect(completion).toEqual({ state: "complete", exitCode: 0 })
    const listed = artefacts.map(({ path }) => path)
    expect(listed).toContain(join(place, one.artefact))
    const second = await inProcess(...args, "--json")
    expect(kept(second)).toBe(true)
    expect(JSON.parse(second.out.split("\n")[0]!)).toEqual(await manifest())
    rmSync(join(place, one.artefact))
    const again = await inProcess(...args)
    expect({ code: again.code, kept: kept(again) }).toEqual({ code: 0, kept: false })
    expect(existsSync(join(place, one.artefact))).toBe(true)
    if (one.other.length === 0) return
    const other = await inProcess(...args, ...one.other)
    if (one.refuses !== undefined) {
      expect({ code: other.code, said: one.refuses.test(other.err) }).toEqual({ code: 1, said: true })
      return
    }
    expect({ code: other.code, kept: kept(other) }).toEqual({ code: 0, kept: false })
    const left = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const files = left
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/\/\.|manifest\.json$|ledger\.sqlite/.test(path))
    expect(files.toSorted()).toEqual((await manifest()).artefacts.map(({ path }) => path).toSorted())
  })

  test("a second process is refused while one writes", async () => {
    const { args, lock } = call(one)
    const unlock = await lockFile(lock)
    const { code, err } = await inProcess(...args)
    expect({ code, refused: err.includes("another process is writing it") }).toEqual({ code: 1, refused: true })
    unlock?.()
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
  })

  test("interrupted: no half of a result; the same call completes it", async () => {
    const { args, hasManifest, lock, manifest, place } = call(one)
    const { code } = await interrupted(args, () => existsSync(lock))
    expect([0, 130]).toContain(code)
    expect(hasManifest()).toBe(code === 0)
    expect(temporary(place)).toEqual([])
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    expect((await manifest()).completion.state).toBe("complete")
  })

  test.skipIf(one.items !== true)("a failed item: incomplete, 2; asked again by the same call", async () => {
    const { args, manifest } = call(one)
    down = true
    try {
      for (const _ of [1, 2]) {
        const { code, err } = await inProcess(...args)
        expect(code).toBe(2)
        expect(err).toContain("1 overloaded")
        expect((await manifest()).completion).toMatchObject({ state: "incomplete", missing: { overloaded: 1 } })
      }
    } finally {
      down = false
    }
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    expect((await manifest()).completion.state).toBe("complete")
  })
})

/** A preview leaves nothing but the answers, in the ledger of `annotate`. */
describe("preview", () => {
  const previewed = () => {
    const place = at(`place-${folders++}`)
    const before = fake.calls.length
    return {
      place,
      args: ["preview", at("texts.txt"), ...llm, "--out", join(place, "a.jsonl")],
      ledger: join(place, "a.jsonl.ledger.sqlite"),
      asked: () => fake.calls.length - before
    }
  }

  test("again: nothing is asked twice; another prompt, a deleted ledger: asked anew", async () => {
    const { args, asked, ledger, place } = previewed()
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    expect(readdirSync(place).filter((name) => !name.includes("ledger.sqlite"))).toEqual([])
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    expect(asked()).toBe(sentences.length)
    expect(await inProcess(...args, "--prompt", "structured")).toMatchObject({ code: 0 })
    expect(asked()).toBe(2 * sentences.length)
    for (const ending of ["", "-wal", "-shm"]) rmSync(`${ledger}${ending}`, { force: true })
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    expect(asked()).toBe(3 * sentences.length)
  })

  test("a second process is refused while one asks", async () => {
    const { args, ledger, place } = previewed()
    mkdirSync(place)
    const unlock = await lockFile(`${ledger}.lock`)
    const { code, err } = await inProcess(...args)
    expect({ code, refused: err.includes("is in use by another process") }).toEqual({ code: 1, refused: true })
    unlock?.()
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
  })

  test("interrupted: what is answered is not asked again", async () => {
    const { args, asked } = previewed()
    const inFlight = 2
    const { code } = await interrupted([...args, "--concurrency", String(inFlight)], () => asked() > 4)
    expect([0, 130]).toContain(code)
    expect(await inProcess(...args)).toMatchObject({ code: 0 })
    // The fake honours no idempotency key: what was under way is asked again.
    expect(asked()).toBeGreaterThanOrEqual(sentences.length)
    expect(asked()).toBeLessThanOrEqual(sentences.length + inFlight)
  })

  test("a failed item is shown with its reason, and asked again by the same call", async () => {
    const { args, asked } = previewed()
    down = true
    try {
      expect((await inProcess(...args)).out).toContain("(overloaded: ")
    } finally {
      down = false
    }
    expect((await inProcess(...args)).out).not.toContain("overloaded")
    expect(asked()).toBe(sentences.length + 1)
  })
})

test("no space: every stage says so in one line, leaves no manifest, and goes on when there is some", async () => {
  const preview = { args: ["preview", at("texts.txt"), ...llm], other: [], out: "a.jsonl", artefact: "a.jsonl" }
  const calls = [...Object.values(cases), preview].map(call)
  const script = join(import.meta.dir, "support/withoutSpace.ts")
  const command = `trap '' XFSZ; ulimit -f 0; exec "$0" "$1" "$2"`
  const child = Bun.spawnSync(
    ["bash", "-c", command, process.execPath, script, JSON.stringify(calls.map(({ args }) => args))],
    { env: process.env }
  )
  const said: ReadonlyArray<Said> = JSON.parse(child.stdout.toString().trim().split("\n").at(-1) ?? "[]")
  expect(said.map(({ code }) => code)).toEqual(calls.map(() => 1))
  for (const [i, { err }] of said.entries()) {
    expect({ name: Object.keys(cases)[i], lines: err.match(/^error: /gm)?.length }).toEqual({
      name: Object.keys(cases)[i],
      lines: 1
    })
    expect(err).toMatch(/over the allowed size|disk|full|not be written|SQLITE|I\/O error/)
    expect(calls[i]!.hasManifest()).toBe(false)
  }
  for (const { args } of calls) expect(await inProcess(...args)).toMatchObject({ code: 0 })
}, 120_000)
