import { afterAll, beforeAll, describe, expect, mock, spyOn, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { loadClassifier, serve } from "@nuner/classifier"
import { markText, readManifest, rng, toSpans, unmark } from "@nuner/core"
import { fromPretrained, saveEncoder } from "@nuner/encoder"
import * as mini from "@nuner/mini"
import { nuner, type Prediction, Progress, predictStage, readDataset } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { Effect, Fiber } from "effect"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
const people = ["Ada", "Blaise", "Carl", "Emmy"]
const towns = ["Paris", "Lima", "Oslo", "Cairo"]
const columns = (count: number, seed: number): string => {
  const random = rng(seed)
  const sentence = () =>
    `${people[random.int(4)]} B-person\n${random.next() < 0.5 ? "saw" : "left"} O\n${towns[random.int(4)]} B-town\n. O\n`
  return Array.from({ length: count }, sentence).join("\n")
}

beforeAll(async () => {
  const texts = people.flatMap((person) => towns.map((town) => `${person} saw ${town} . ${person} left ${town} .`))
  const shape = { hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 34 }
  await saveBase(at("base"), texts, { shape, vocabSize: 320 })
  await saveBase(at("other"), texts, { shape, vocabSize: 320, seed: 2 })
  writeFileSync(at("train.conll"), `${columns(40, 1)}\nZeno B-sage\nsleeps O\n`)
  writeFileSync(at("dev.conll"), columns(12, 2))
  writeFileSync(at("test.conll"), `${columns(10, 3)}\nNuncius B-book\nsold O\n`)
})
afterAll(() => folder[Symbol.dispose]())

const finetune = (out: string, ...args: ReadonlyArray<string>) =>
  inProcess("finetune", at("train.conll"), "--encoder", at("base"), "--out", at(out), ...args)
const full = ["--mode", "full", "--learning-rate", "1e-3", "--batch-size", "16"]
const held = () => ["--dev", at("dev.conll"), "--test", at("test.conll")]

describe("nuner finetune --mode full", () => {
  test("says what it finds in the data first, learns, calibrates; predict and serve read the result", async () => {
    const { code, err } = await finetune("full", ...full, ...held(), "--epochs", "20", "--layers", "-1,-2")
    expect(code).toBe(0)
    const lines = err.split("\n").filter((line) => line !== "")
    expect(lines[0]).toContain("train.conll: conll (2 columns, word 0, tag 1; BIO), 41 labelled records, 81 entities")
    expect(lines[0]).toContain("sage 1")
    expect(lines[3]).toContain("types with fewer than 2 examples: sage")
    expect(err).toMatch(/note: test sentences that also stand in the training data/)
    expect(err).toMatch(/note: dev sentences that also stand in the training data/)
    expect(err).toContain("types of the test data without a training example: book")
    expect(lines.at(-1)).toMatch(
      /60 updates, epoch \d+ was best on 12 dev sentences, temperature [\d.]+ .*entity micro F1/
    )

    const settings = JSON.parse(readFileSync(at("full/nuner.json"), "utf8"))
    expect(settings).toMatchObject({ layers: [-1, -2], headHidden: 64 })
    expect(settings.temperature).not.toBe(1)
    const card = readFileSync(at("full/README.md"), "utf8")
    expect(card).toMatch(/headLearningRate/)
    expect(card).toMatch(/labelled sentences/)
    expect(card.split("---\n")[1]).toContain('metrics: [{ type: "entity micro F1", value: ')
    expect(existsSync(at("full.checkpoints"))).toBe(false)

    const text = "Emmy left Lima ."
    const found: Array<Prediction> = []
    const options = {
      model: at("full"),
      texts: [text],
      minScore: 0,
      onPrediction: (one: Prediction) => found.push(one)
    }
    await Effect.runPromise(predictStage(options).pipe(Effect.provide(Progress.silent)))
    const strings = (entities: ReadonlyArray<{ text: string; type: string }>) =>
      entities.map(({ text, type }) => `${text} ${type}`)
    expect(strings(found[0]!.entities)).toEqual(["Emmy person", "Lima town"])
    const classifier = await loadClassifier(at("full"))
    const server = serve({ classifier, port: 0 })
    const answer = await fetch(`${server.url}/predict`, { method: "POST", body: JSON.stringify({ text }) })
    expect(strings((await answer.json()).entities)).toEqual(["Emmy person", "Lima town"])
    await server.stop()
    classifier.dispose()
  })

  test("thresholds are tuned on the dev set and stored; without one they are refused", async () => {
    const { code } = await finetune("bound", "--mode", "probe", "--dev", at("dev.conll"), "--c", "0.01", "--thresholds")
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(at("bound/nuner.json"), "utf8"))).toHaveProperty("thresholds")
    const refused = await finetune("bound", "--thresholds")
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("give --dev") })
  })

  test("every option reaches the model card", async () => {
    const options = {
      ...{
        epochs: 2,
        headLearningRate: 0.002,
        layerDecay: 0.9,
        frozenLayers: 1,
        headHidden: 16,
        dropout: 0.2,
        warmup: 0.2
      },
      ...{ loraRank: 2, loraAlpha: 3, loraDropout: 0.1 },
      ...{ weightDecay: 0.02, clip: 2, evaluateEvery: 2, patience: 3, seed: 7, pooling: "mean", metric: "tokenF1" }
    }
    const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const flags = Object.entries(options).flatMap(([name, value]) => [dashed(name), String(value)])
    const weights = ["--class-weights", "person=2,O=0.5", "--scheme", "BIO", "--dev", at("dev.conll")]
    flags.push("--lora-targets", "key,output.dense")
    expect((await finetune("options", ...full, ...flags, ...weights)).code).toBe(0)
    const { settings } = await readManifest(at("options.manifest.json"))
    expect(settings).toMatchObject({ ...options, scheme: "BIO", mode: "full", learningRate: 0.001, batchSize: 16 })
    expect(settings.classWeights).toBe('{"person":2,"O":0.5}')
    const adapter = JSON.parse(readFileSync(at("options/adapter/adapter_config.json"), "utf8"))
    expect(adapter).toMatchObject({ base_model_name_or_path: at("base"), r: 2, lora_alpha: 3, lora_dropout: 0.1 })
    expect(adapter.target_modules).toEqual(
      ["attention.self.key", "attention.output.dense", "output.dense"].map((name) => `encoder.layer.1.${name}`)
    )
    const card = readFileSync(at("options/README.md"), "utf8")
    for (const [name, value] of Object.entries(options)) expect(card).toMatch(new RegExp(`${name} +\\| +${value} `))
  })

  test("interrupted, it goes on from its checkpoint to the same weights; not from that of another encoder", async () => {
    const args = [...full, "--epochs", "30", "--checkpoint-every", "1", "--dev", at("dev.conll")]
    expect((await finetune("whole", ...args)).code).toBe(0)
    const interrupted = async () => {
      const said = spyOn(process.stderr, "write").mockImplementation(() => true)
      const command = ["finetune", at("train.conll"), "--encoder", at("base"), "--out", at("cut"), ...args]
      const fiber = Effect.runFork(nuner(command))
      const checkpoints = () => (existsSync(at("cut.checkpoints")) ? readdirSync(at("cut.checkpoints")) : [])
      while (!checkpoints().some((name) => name.startsWith("step-"))) await Bun.sleep(5)
      await Effect.runPromise(Fiber.interrupt(fiber))
      said.mockRestore()
    }
    await interrupted()
    expect(existsSync(at("cut/model.safetensors"))).toBe(false)
    const other = ["finetune", at("train.conll"), "--encoder", at("other"), "--out", at("cut"), ...args]
    const refused = await inProcess(...other)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(
      "cut.checkpoints: is of a run with other data, settings or first weights: its fingerprint is "
    )
    expect(refused.err).toContain("; delete it to begin anew, or give the run another directory")
    expect((await finetune("cut", ...args)).code).toBe(0)
    for (const file of ["model.safetensors", "head.safetensors", "nuner.json"]) {
      expect(readFileSync(at(`cut/${file}`)).equals(readFileSync(at(`whole/${file}`)))).toBe(true)
    }
  })

  test("interrupted where mode auto fine-tunes, it keeps checkpoints; the same call ends the work and leaves none behind", async () => {
    writeFileSync(at("many.conll"), columns(240, 4))
    const command = ["fit", at("many.conll"), "--encoder", at("base"), "--out", at("auto"), "--layers", "-1"]
    const said = spyOn(process.stderr, "write").mockImplementation(() => true)
    const fiber = Effect.runFork(nuner(command))
    const kept = () => (existsSync(at("auto.checkpoints/trial")) ? readdirSync(at("auto.checkpoints/trial")) : [])
    while (!kept().some((name) => name.startsWith("step-"))) await Bun.sleep(5)
    await Effect.runPromise(Fiber.interrupt(fiber))
    said.mockRestore()
    expect(existsSync(at("auto/model.safetensors"))).toBe(false)
    expect(kept()).not.toEqual([])
    expect((await inProcess(...command)).code).toBe(0)
    expect(existsSync(at("auto/model.safetensors"))).toBe(true)
    expect(existsSync(at("auto.checkpoints"))).toBe(false)
  }, 60_000)

  test("stopped when all is trained, it says what the whole run did", async () => {
    const args = [...full, "--epochs", "3", "--dev", at("dev.conll")]
    mkdirSync(at("late.manifest.json"))
    expect((await finetune("late", ...args)).code).toBe(1)
    rmSync(at("late.manifest.json"), { recursive: true })
    expect((await finetune("late", ...args)).err).toContain("9 updates, epoch")
  })

  test("is refused before it begins where the folder holds something else", async () => {
    mkdirSync(at("project"))
    writeFileSync(at("project/config.json"), '{"port":1}')
    const { code, err } = await finetune("project", ...full)
    expect({ code, files: readdirSync(at("project")) }).toEqual({ code: 1, files: ["config.json"] })
    expect(err).toContain("project: holds config.json and no model: it is something else (name another folder)")
    expect(err).not.toContain("labelled records")
    expect(existsSync(at("project.manifest.json"))).toBe(false)
  })

  test("what makes no sense is refused in one line", async () => {
    const refused = async (part: string, ...args: ReadonlyArray<string>) => {
      const { code, err } = await finetune("no", ...args)
      expect(code).toBe(1)
      expect(err.split("\n").filter((line) => line.startsWith("error: "))).toHaveLength(1)
      expect(err).toContain(part)
    }
    await refused('option "epochs": belongs to mode "full"', "--epochs", "3")
    await refused('option "c": belongs to mode "probe"', ...full, "--c", "1")
    await refused('option "patience"', ...full, "--patience", "2")
    await refused("classWeights", ...full, "--class-weights", "person")
    await refused('there is no type "persn"', ...full, "--class-weights", "persn=2")
    await refused('option "frozenLayers"', ...full, "--frozen-layers", "9")
  })
})

describe("text with marked entities", () => {
  test("is read back as it is printed", async () => {
    const text = "Ada Lovelace [sic] wrote to Charles Babbage. (1843)"
    const spans = [
      { start: 0, end: 12, type: "person" },
      { start: 28, end: 43, type: "inventor of engines" }
    ]
    writeFileSync(at("a.marked"), `${markText(text, spans)}\n\nNobody came.\n`)
    const [first, second] = await readDataset(at("a.marked"))
    expect(first!.text).toBe(text)
    expect(toSpans(first!).entities).toEqual(spans)
    expect(second).toMatchObject({ words: ["Nobody", "came", "."], entities: [] })
    writeFileSync(at("bad.marked"), "Fine.\n[Ada|] came.\n")
    expect(readDataset(at("bad.marked"))).rejects.toThrow(/bad\.marked:2.*"\[Ada\|\]" has no type/)
  })

  test("says where a bracket and a bar look like a mark and are none; what is printed never does", async () => {
    writeFileSync(at("unclear.marked"), "[Ada|person in Rome met [Bob|person].\n[1] a | b [Ada|person]\n")
    const { err } = await inProcess("convert", at("unclear.marked"), "-o", at("unclear.jsonl"))
    expect(err).toContain("; 1 texts with a bracket and a bar that are no mark")
    const text = "a [b Ada c | d] met \\[Bob"
    const written = markText(text, [{ start: 5, end: 8, type: "person" }])
    expect(unmark(written)).toEqual({ text, entities: [{ start: 5, end: 8, type: "person" }], isUnclear: false })
  })

  test("corrected predictions train a model", async () => {
    const lines = readFileSync(at("train.conll"), "utf8")
      .split("\n\n")
      .map((block) => {
        const words = block
          .trim()
          .split("\n")
          .map((line) => line.split(" "))
        return words.map(([word, tag]) => (tag === "O" ? word : `[${word}|${tag!.slice(2)}]`)).join(" ")
      })
    writeFileSync(at("train.marked"), lines.join("\n"))
    const { code, err } = await inProcess(
      "finetune",
      at("train.marked"),
      "--encoder",
      at("base"),
      "--out",
      at("marked")
    )
    expect(code).toBe(0)
    expect(err).toContain("train.marked: marked, 41 labelled records, 81 entities (person 40, town 40, sage 1)")
  })
})

describe("nuner fit", () => {
  test("chooses, and says what it expects, of a handful of examples with the encoder that is named", async () => {
    const { code, err } = await inProcess("fit", at("dev.conll"), "--encoder", at("base"), "--out", at("fit"))
    expect(code).toBe(0)
    expect(err).toMatch(
      /layers [-\d, ]+, (bare|BIO) classes, C = [\d.]+; expected entity F1 \d+ \(\d+ to \d+, 95 %\), by 12 held-out/
    )
    const settings = JSON.parse(readFileSync(at("fit/nuner.json"), "utf8"))
    expect(settings.transitions).toHaveLength(settings.classes.length + 1)
    // The old name is an alias.
    expect((await finetune("alias", "--mode", "probe")).code).toBe(0)
    expect(JSON.parse(readFileSync(at("alias/nuner.json"), "utf8")).transitions).toBeUndefined()
  })

  test("takes the encoder in the box where none is named, and says so", async () => {
    const installed = { ...mini }
    await mock.module("@nuner/mini", () => ({ path: at("base") }))
    try {
      const { code, err } = await inProcess("fit", at("dev.conll"), "--out", at("boxed"))
      expect(code).toBe(0)
      expect(err).toContain("encoder: mini, the one in the box")
    } finally {
      await mock.module("@nuner/mini", () => installed)
    }
  })
})

describe("names of types", () => {
  /** An encoder that has a concept encoder beside. */
  const named = async (name: string): Promise<string> => {
    const encoder = await fromPretrained(at("base"))
    await saveEncoder(at(name), encoder)
    await saveEncoder(at(`${name}/concepts`), encoder)
    encoder.dispose()
    const scorer = { similarity: "dot", temperature: 1, bias: 0, conceptPooling: "mean" }
    writeFileSync(at(`${name}/concepts/scorer.json`), JSON.stringify(scorer))
    return at(name)
  }
  const headOf = async (out: string) => {
    const model = await loadClassifier(at(out))
    model.dispose()
    return model.head
  }
  const NAMED = "types read by their names"

  test("are where learning begins, as they are given; not where they are switched off", async () => {
    const encoder = await named("named")
    writeFileSync(at("names.json"), JSON.stringify({ person: "Ada" }))
    const fit = async (out: string, ...args: ReadonlyArray<string>) => {
      const given = ["--out", at(out), "--mode", "probe", "--c", "0.01", ...args]
      const { code, err } = await inProcess("fit", at("dev.conll"), "--encoder", encoder, ...given)
      expect(code).toBe(0)
      return { err, head: await headOf(out) }
    }
    const own = await fit("names-own")
    const other = await fit("names-other", "--type-names", at("names.json"))
    const none = await fit("names-none", "--type-names", "none")
    expect(own.err).toContain(NAMED)
    expect(other.err).toContain(NAMED)
    expect(none.err).not.toContain(NAMED)
    const column = ({ classes, kernel }: typeof own.head, name: string) =>
      kernel.filter((_, i) => i % classes.length === classes.indexOf(name))
    expect(column(own.head, "person")).not.toEqual(column(other.head, "person"))
    expect(column(own.head, "person")).not.toEqual(column(none.head, "person"))
    // What names say is no older run's: it is made again.
    expect((await fit("names-own", "--type-names", "none")).head).toEqual(none.head)
    const auto = await inProcess("fit", at("dev.conll"), "--encoder", encoder, "--out", at("names-auto"))
    expect(auto.err).toContain(NAMED)
  })

  test("that nothing can read are told: refused where they were given", async () => {
    const refused = async (part: string, ...args: ReadonlyArray<string>) => {
      const { code, err } = await finetune("no", ...args)
      expect(code).toBe(1)
      expect(err).toContain(part)
    }
    const known = ["--type-names", "wnut17"]
    await refused(
      `option "typeNames": nothing reads them: ${at("base")} has no concept encoder (leave them away)`,
      ...known
    )
    await refused('option "typeNames": belongs to mode "probe"', ...full, ...known)
    const encoder = await named("without")
    writeFileSync(at("without/bi-encoder.json"), JSON.stringify({ ...boxedSettings(), concepts: "./gone" }))
    const given = ["fit", at("dev.conll"), "--encoder", encoder, "--out", at("without-fit")]
    const { code, err } = await inProcess(...given)
    expect(code).toBe(0)
    expect(err).toContain("note: names of types are not read: ./gone: ")
    expect((await inProcess(...given, ...known)).code).toBe(1)
  })
  const boxedSettings = () => JSON.parse(readFileSync(`${mini.path}/bi-encoder.json`, "utf8")) as object
})

describe("nuner fit --mode probe", () => {
  test("a dev set calibrates its probabilities", async () => {
    const { code, err } = await finetune("probe", "--mode", "probe", ...held(), "--layers", "-1,-2")
    expect(code).toBe(0)
    expect(err).toMatch(/temperature [\d.]+ by 12 dev sentences/)
    const settings = JSON.parse(readFileSync(at("probe/nuner.json"), "utf8"))
    expect(settings.layers).toEqual([-1, -2])
    expect(settings.temperature).not.toBe(1)
    expect((await finetune("bare")).code).toBe(0)
    expect(JSON.parse(readFileSync(at("bare/nuner.json"), "utf8")).temperature).toBe(1)
  })
})
