import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { type Episode, readManifest, rng, writeEpisodes, writeJsonl } from "@nuner/core"
import { episodeMicro } from "@nuner/metrics"
import { readResults } from "@nuner/tadner"
import { tempDir } from "@nuner/testing"
import { $ } from "bun"
import { Effect } from "effect"
import { Progress } from "../src/services/Progress.ts"
import { inProcesses } from "../src/stages/tadner/inProcesses.ts"
import { bf16Test } from "./support/bf16Test.ts"
import { cli, inChild } from "./support/inChild.ts"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)

const random = rng("tadner")
const names = { person: ["Ada", "Bob", "Cid"], city: ["Rome", "Oslo", "Bonn"], river: ["Rhine", "Nile", "Elbe"] }
const types = Object.keys(names) as Array<keyof typeof names>
const sentence = () => {
  const type = types[random.int(3)]!
  const words = ["we", "saw", names[type][random.int(3)]!, "today", String(random.int(1e6))]
  return { words, entities: [{ start: 2, end: 3, type }] }
}
const sentences = Array.from({ length: 60 }, sentence)

beforeAll(async () => {
  const texts = sentences.map(({ words }) => words.join(" "))
  const shape = { hidden: 16, layers: 1, heads: 2, positions: 40, initializerRange: 0.2 }
  await saveBase(at("encoder"), texts, { shape, vocabSize: 320, seed: 0 })
  await writeJsonl(at("train.jsonl"), sentences)
  const episodes = [0, 1, 2].map((): Episode => {
    const of = (type: string) => sentences.filter(({ entities }) => entities[0]!.type === type)
    return {
      types: ["city", "river"],
      support: [of("city")[random.int(5)]!, of("river")[random.int(5)]!],
      query: [of("city")[5 + random.int(5)]!, of("river")[5 + random.int(5)]!]
    }
  })
  await writeEpisodes(at("episodes.jsonl"), episodes)
  await writeJsonl(at("support.jsonl"), episodes[0]!.support)
  const train = ["tadner", "train", at("train.jsonl"), "--encoder", at("encoder"), "--out", at("model")]
  const { code, err } = await inProcess(...train, "--epochs", "6", "--batch-size", "8", "--learning-rate", "0.01")
  if (code !== 0) throw new Error(err)
}, 60_000)
afterAll(() => folder[Symbol.dispose]())

const episodes = ["tadner", "episodes", at("episodes.jsonl"), "--model", at("model"), "--steps", "2"]
const run = [...episodes, "--out", at("run")]

describe("nuner tadner", () => {
  test("train leaves a model with a manifest whose counts balance", async () => {
    const { counts, settings } = await readManifest(at("model.manifest.json"))
    expect(counts.sentences).toEqual({ in: 60, out: 60, dropped: {} })
    expect(settings.scheme).toBe("BIOES")
  })

  test("train, stopped when all is trained, says what the whole run did", async () => {
    const late = [
      "tadner",
      "train",
      at("train.jsonl"),
      "--encoder",
      at("encoder"),
      "--out",
      at("late"),
      "--epochs",
      "1"
    ]
    mkdirSync(at("late.manifest.json"))
    expect((await inProcess(...late)).err).toContain("late.manifest.json")
    rmSync(at("late.manifest.json"), { recursive: true })
    expect((await inProcess(...late)).err).toMatch(/; detector after \d+ steps, classifier after \d+\n/)
  })

  test("episodes: two seeds in two shards, collected into one report; again: kept", async () => {
    for (const shard of ["0/2", "1/2"]) {
      const { code, err, out } = await inProcess(...run, "--seeds", "0,1", "--shard", shard)
      expect({ code, err, out }).toMatchObject({ code: 0, out: "" })
    }
    const { code, err, out } = await inProcess(...run, "--seeds", "0,1")
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toMatch(/Pooled micro F1 \d+\.\d\d.*standard deviation over 2 runs.*bootstrap over 3 episodes/)
    expect(out).toContain("3 of 3 are valid")
    const scores = JSON.parse(readFileSync(at("run/scores.json"), "utf8"))
    for (const { f1, run: name } of scores) {
      const records = await readResults(at(`run/${name}.jsonl`))
      expect(records).toHaveLength(3)
      const pairs = (side: (typeof records)[0]["gold"]) => side.map((entities) => ({ entities }))
      const answers = records.map(({ gold, predicted }) => ({ gold: pairs(gold), predicted: pairs(predicted) }))
      expect(f1).toBeCloseTo(100 * episodeMicro(answers).f1, 8)
    }
    const again = await inProcess(...run, "--seeds", "0,1")
    expect(again.err).toContain("unchanged, kept")
    expect(again.out).toBe(out)
  }, 120_000)

  test("episodes in two processes give the report of one; a failure of one is told", async () => {
    const one = await inProcess(...episodes, "--seeds", "0,1", "--out", at("one"))
    const two = await inChild(...episodes, "--seeds", "0,1", "--out", at("two"), "--processes", "2")
    expect({ code: two.code, err: two.err }).toMatchObject({ code: 0 })
    const times = /\| s\/episode .*/
    expect(two.out.replace(times, "")).toBe(one.out.replace(times, ""))
    expect(readdirSync(at("two")).filter((name) => name.includes("shard"))).toHaveLength(4)
    const failed = await inChild(...episodes, "--frozen-layers", "3", "--out", at("bad"), "--processes", "2")
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('"frozenLayers"')
  }, 60_000)

  test("a process that was killed, and a command that is not there, are told; the others end", async () => {
    const run = (command: ReadonlyArray<string>) =>
      Effect.runPromise(
        Effect.flip(inProcesses({ command, out: at("none"), processes: 2 })).pipe(Effect.provide(Progress.silent))
      )
    const started = performance.now()
    const killed = await run(["sh", "-c", 'case "$1" in 0/2) kill -9 $$;; *) exec sleep 30;; esac'])
    expect(killed.message).toContain("a process ended by SIGKILL; memory may have run out")
    expect((await run([at("no-such-command")])).message).toContain("no-such-command")
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test("kill -9 in the middle of a run in two processes: no process stays, and the same call gives the report of a run in peace", async () => {
    const all = readFileSync(at("episodes.jsonl"), "utf8").trim().split("\n")
    await Bun.write(at("many.jsonl"), Array.from({ length: 20 }, (_, i) => all[i % 3]).join("\n"))
    const steps = ["--steps", "30", "--detector-patience", "30", "--classifier-patience", "30"]
    const many = ["tadner", "episodes", at("many.jsonl"), "--model", at("model"), ...steps]
    const killed = [...many, "--processes", "2", "--out", at("killed")]
    const child = Bun.spawn(["bun", cli, ...killed], { cwd: folder.path, stdio: ["ignore", "ignore", "ignore"] })
    const sizes = () => {
      const names = existsSync(at("killed")) ? readdirSync(at("killed")) : []
      return names.map((name) => readFileSync(at(`killed/${name}`), "utf8").split("\n").length - 1)
    }
    const done = () => sizes().reduce((a, b) => a + b, 0)
    while (done() < 3) await Bun.sleep(20)
    child.kill("SIGKILL")
    await child.exited
    // Until nothing is added any more; a process that stayed would add what is missing.
    for (let before = -1; before < done(); await Bun.sleep(3000)) before = done()
    expect(done()).toBeLessThan(20)
    const again = await inChild(...killed)
    expect({ code: again.code, err: again.err }).toMatchObject({ code: 0 })
    const peace = await inProcess(...many, "--out", at("peace"))
    const times = /\| s\/episode .*/
    expect(again.out.replace(times, "")).toBe(peace.out.replace(times, ""))
  }, 120_000)

  test("names in a file are part of what a run is: other names, another run", async () => {
    const run = [...episodes, "--type-names", at("names.json"), "--out", at("named")]
    await Bun.write(at("names.json"), JSON.stringify({ city: "large town" }))
    const first = await inProcess(...run)
    expect(first.out).toContain('Types by name: city "large town", river "river".')
    await Bun.write(at("names.json"), JSON.stringify({ city: "village" }))
    const second = await inProcess(...run)
    expect(second.code).toBe(1)
    expect(second.err).toContain("is a result of other settings, precision, weights, names or episodes")
  }, 60_000)

  test("each process computes as the flags say, whatever the variables do", async () => {
    const args = [...episodes, "--engine", "onnx", "--threads", "1", "--out", at("asked"), "--processes", "2"]
    const { exitCode, stderr } = await $`NUNER_ENGINE=none NUNER_THREADS=none bun ${cli} ${args}`.nothrow().quiet()
    expect({ code: exitCode, err: stderr.toString() }).toMatchObject({ code: 0 })
    const { computedOn } = await readManifest(at("asked/manifest.json"))
    expect(computedOn).toMatchObject({ engine: "onnx", precision: "fp32", threads: 1 })
  }, 60_000)

  bf16Test(
    "results of one precision are not taken for those of another",
    async () => {
      const run = [...episodes, "--limit", "1", "--out", at("precise")]
      expect((await inChild(...run, "--precision", "bf16")).code).toBe(0)
      const { code, err } = await inChild(...run, "--precision", "fp32")
      expect({ code, err }).toMatchObject({
        code: 1,
        err: expect.stringContaining("of other settings, precision, weights")
      })
    },
    60_000
  )

  test("published episodes are all run, the report says which are valid; what cannot be run is told before anything is", async () => {
    const [first, ...rest] = readFileSync(at("episodes.jsonl"), "utf8").trim().split("\n")
    const { query, support, types } = JSON.parse(first!)
    const shared = JSON.stringify({ types, support, query: support })
    await Bun.write(at("shared.jsonl"), [shared, "", ...rest].join("\n"))
    const run = ["tadner", "episodes", at("shared.jsonl"), "--model", at("model"), "--steps", "0", "--filter", "off"]
    const { code, err, out } = await inProcess(...run, "--out", at("shared"))
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toContain("checked as 1~2-shot; 3 of them run")
    expect(out).toContain("2 of 3 are valid; of the others some problem (shared 1), and they are run as well")
    const records = await readResults(at("shared/model-seed-0.jsonl"))
    const [scores] = JSON.parse(readFileSync(at("shared/scores.json"), "utf8"))
    const f1 = (of: typeof records) => {
      const sum = (key: "correct" | "predicted" | "gold") => of.reduce((total, { counts }) => total + counts[key], 0)
      return (200 * sum("correct")) / (sum("predicted") + sum("gold"))
    }
    expect(scores.f1).toBeCloseTo(f1(records), 8)
    expect(scores.validF1).toBeCloseTo(f1(records.slice(1)), 8)
    expect(records.map(({ unseen }) => unseen.gold)).toEqual([0, 2, 2])
    await Bun.write(at("odd.jsonl"), [...rest, JSON.stringify({ types: [types[0]], support, query })].join("\n"))
    const odd = await inProcess("tadner", "episodes", at("odd.jsonl"), "--model", at("model"), "--out", at("odd"))
    expect(odd.code).toBe(1)
    expect(odd.err).toContain("odd.jsonl:3")
    expect(odd.err).toContain("which is not listed")
    const bare = { word: support.word, label: support.label.map((labels: Array<string>) => labels.map(() => "O")) }
    await Bun.write(at("bare.jsonl"), [...rest, JSON.stringify({ types, support: bare, query })].join("\n"))
    const none = await inProcess("tadner", "episodes", at("bare.jsonl"), "--model", at("model"), "--out", at("odd"))
    expect(none.err).toContain("bare.jsonl:3: support: no entity at all")
    expect(existsSync(at("odd"))).toBe(false)
  }, 60_000)

  test("episodes mined from labelled sentences", async () => {
    const mine = [
      "tadner",
      "episodes",
      at("train.jsonl"),
      "--n",
      "2",
      "--count",
      "2",
      "--model",
      at("model"),
      "--steps",
      "1"
    ]
    const { code, err, out } = await inProcess(...mine, "--mode", "published", "--out", at("mined"))
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toContain("2 2-way 1~2 episodes mined")
    expect(out).toContain("onNoSpan crash")
  }, 120_000)

  test("predict learns from a support file, keeps the recogniser, and uses it", async () => {
    const learn = [
      "--support",
      at("support.jsonl"),
      "--learning-rate",
      "0.001",
      "--filter",
      "off",
      "--save",
      at("mine")
    ]
    const first = await inProcess("tadner", "predict", at("model"), "we saw Oslo today", ...learn)
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toMatch(/\[Oslo\|(city|river)\]/)
    const second = await inProcess("tadner", "predict", at("mine"), "we saw Oslo today", "--json")
    expect(JSON.parse(second.out).entities[0]).toMatchObject({ start: 7, end: 11, text: "Oslo" })
    const evaluation = await inProcess("evaluate", at("mine"), at("support.jsonl"), "--resamples", "10", "--json")
    expect(JSON.parse(evaluation.out)).toMatchObject({ sentences: 2, byType: { city: { support: 1 } } })
    expect(JSON.parse(evaluation.out).calibration).toBeUndefined()
  }, 120_000)

  test("a published recogniser, whose scores depend on all texts, says the same through every command; a server refuses it", async () => {
    const towns = ["Oslo", "Lima", "Elbe", "today", "the"]
    const texts = Array.from({ length: 300 }, (_, i) => `we saw ${towns[i % 5]} and ${towns[(i * 7 + 3) % 5]} at ${i}`)
    await Bun.write(at("many.txt"), texts.join("\n"))
    const learn = ["--support", at("support.jsonl"), "--learning-rate", "0.001", "--mode", "published"]
    const fitted = await inProcess(
      "tadner",
      "predict",
      at("model"),
      at("many.txt"),
      ...learn,
      "--json",
      "--save",
      at("together")
    )
    expect({ code: fitted.code, err: fitted.err }).toMatchObject({ code: 0 })
    const again = await inProcess("predict", at("together"), at("many.txt"), "--json")
    expect(again.out).toBe(fitted.out)
    expect(again.out).toContain('"type"')
    const served = await inProcess("serve", at("together"), "--port", "0")
    expect(served.code).toBe(1)
    expect(served.err).toContain("its scores depend on all texts that are read together")
  }, 120_000)

  test("bad input is told in one line", async () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["tadner", "episodes", at("train.jsonl"), "--model", at("model"), "--out", at("x")], "train.jsonl:1"],
      [["tadner", "episodes", at("none"), "--model", at("model"), "--out", at("z")], "none"],
      [[...run, "--shard", "2"], 'option "shard": "2" (write 0/4)'],
      [[...episodes, "--frozen-layers", "3", "--out", at("y")], '"frozenLayers"'],
      [[...episodes, "--type-names", "few-nerf", "--out", at("w")], "few-nerd, few-tk"],
      [[...episodes, "--type-names", at("train.jsonl"), "--out", at("v")], "train.jsonl: not JSON: "],
      [["tadner", "predict", at("model"), "a text"], "fit it to examples first"],
      [["tadner", "predict", at("encoder"), "a text"], "tadner.json"],
      [
        ["tadner", "predict", at("mine"), "a text", "--steps", "3"],
        'option "steps": a saved recogniser has its settings'
      ]
    ]
    for (const [args, message] of cases) {
      const { code, err } = await inProcess(...args)
      expect(code).toBe(1)
      expect(err.trim().split("\n").at(-1)).toContain(message)
    }
  }, 60_000)
})
