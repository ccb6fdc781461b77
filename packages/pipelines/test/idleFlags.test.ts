import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readManifest } from "@nuner/core"
import { type CommandOption, commandInfos } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)

const texts = ["Ada saw Paris .", "Carl left Oslo .", "Emmy saw Lima .", "Ada left Rome ."]
const annotations = (text: string) => {
  const [name, , town] = text.split(" ")
  return [
    { entity: name!, concept: "person" },
    { entity: town!, concept: "town" }
  ]
}
const write = (name: string, rows: ReadonlyArray<unknown>) =>
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""))

beforeAll(async () => {
  await saveBase(at("encoder"), texts, { shape: { hidden: 16, layers: 2, heads: 2, feedForward: 32, positions: 34 } })
  writeFileSync(at("texts.txt"), `${texts.join("\n")}\n`)
  writeFileSync(
    at("labelled.conll"),
    texts
      .map((text) =>
        text
          .split(" ")
          .map((word, i) => `${word} ${["B-person", "O", "B-town", "O"][i]}\n`)
          .join("")
      )
      .join("\n")
  )
  write(
    "annotated.jsonl",
    texts.map((text, i) => ({ id: String(i), text, annotations: annotations(text) }))
  )
  write(
    "answers.jsonl",
    texts.map((text) => ({
      text,
      response: annotations(text)
        .map(({ concept, entity }) => `${entity} <> ${concept}`)
        .join("\n")
    }))
  )
  expect((await inProcess("align", at("annotated.jsonl"), "--out", at("aligned.jsonl"))).code).toBe(0)
}, 120_000)
afterAll(() => folder[Symbol.dispose]())

/** Each command on tiny data, and values of flags of which nothing can be guessed. */
const commands = {
  align: { args: () => [at("annotated.jsonl")], values: {} },
  concepts: { args: () => [at("aligned.jsonl")], values: { sentences: "3", uninformative: "town" } },
  mine: {
    args: () => [at("labelled.conll"), "--k", "1", "--sets", "1"],
    values: { types: "person,town", test: at("labelled.conll"), k: "2" }
  },
  annotate: {
    args: () => [at("texts.txt"), "--provider", "recorded", "--model", "m", "--answers", at("answers.jsonl")],
    values: {
      model: "n",
      job: "other",
      ledger: at("other.sqlite"),
      prompt: "structured",
      prices: undefined,
      requestsPerMinute: "6000",
      tokensPerMinute: "600000",
      answers: undefined,
      provider: "openai"
    }
  },
  base: {
    args: () => [at("texts.txt"), "--vocab-size", "300", "--hidden", "16", "--layers", "1"],
    values: { vocabSize: "290", hidden: "32" }
  },
  encode: { args: () => [at("texts.txt"), "--model", at("encoder")], values: { model: at("nowhere") } },
  convert: { args: () => [at("labelled.conll")], values: { to: "conll", scheme: undefined } },
  export: { args: () => ["--model", at("encoder")], values: { model: undefined, onnx: undefined } },
  fit: {
    args: () => [at("labelled.conll"), "--encoder", at("encoder"), "--mode", "probe", "--c", "1"],
    values: {
      encoder: at("nowhere"),
      mode: undefined,
      c: "0.5",
      dev: at("labelled.conll"),
      test: at("labelled.conll"),
      layers: "-2",
      classWeights: "balanced",
      frozenLayers: "1"
    }
  },
  pretrain: {
    args: () => [
      at("aligned.jsonl"),
      "--base",
      at("encoder"),
      "--steps",
      "1",
      "--batch-size",
      "2",
      "--validation",
      "0"
    ],
    values: { base: at("nowhere"), steps: "2", batchSize: "1", validation: "0.5", sentences: "3" }
  }
} satisfies Record<string, { args: () => ReadonlyArray<string>; values: Readonly<Record<string, string | undefined>> }>

/** A value that is not the default. */
const otherValue = ({ default: usual, jsonSchema, name, presets = {}, values }: CommandOption): string | undefined => {
  const known = Object.values(presets)[0] ?? usual
  if (values !== undefined) return values.find((value) => value !== known)
  const { maximum, type } = { maximum: Number.POSITIVE_INFINITY, ...jsonSchema } as { maximum: number; type?: string }
  if (type === "integer") return String(typeof known === "number" ? (known + 1 <= maximum ? known + 1 : known - 1) : 9)
  if (type === "number") return String(typeof known === "number" && known !== 0 ? known / 2 : 0.4)
  if (type === "array") return "-2"
  return name.endsWith("Column") ? "0" : type === undefined ? "2" : "other"
}

let runs = 0
const run = async (command: string, flags: ReadonlyArray<string>) => {
  const place = `${command}-${runs++}`
  const out = at(place + (["encode", "convert"].includes(command) ? ".jsonl" : ""))
  const said = await inProcess(command, ...commands[command as keyof typeof commands].args(), "--out", out, ...flags)
  const file = [`${out}.manifest.json`, join(out, "manifest.json")].find((path) => existsSync(path))
  const manifest = file === undefined ? undefined : await readManifest(file)
  const left = readdirSync(folder.path).filter((name) => name.startsWith(place) || name.startsWith(`.${place}`))
  return { ...said, left, did: manifest && { ...manifest, artefacts: manifest.artefacts.map(({ sha256 }) => sha256) } }
}

describe.each(Object.keys(commands))("nuner %s", (name) => {
  const { values } = commands[name as keyof typeof commands] as { values: Readonly<Record<string, string | undefined>> }
  const { options } = commandInfos.find(({ path }) => path === name)!

  test("each flag changes something, or is refused by name and leaves nothing", async () => {
    const usual = await run(name, [])
    expect(usual).toMatchObject({ code: 0 })
    const idle: Array<string> = []
    for (const option of options) {
      if (
        option.name === "out" ||
        option.name === "dryRun" ||
        (option.name in values && values[option.name] === undefined)
      )
        continue
      const value = values[option.name] ?? otherValue(option)
      const flags =
        option.jsonSchema.type === "boolean"
          ? [`--${option.default === true ? "no-" : ""}${option.flag}`]
          : [`--${option.flag}=${value}`]
      const { code, did, err, left } = await run(name, flags)
      // A run that was begun has a manifest, also where its answers could not be read.
      if (did !== undefined) {
        const same = JSON.stringify({ ...did, counts: 0 }) === JSON.stringify({ ...usual.did, counts: 0 })
        if (same) idle.push(flags.join(" "))
      } else expect({ flags, code, err, left }).toMatchObject({ code: 1, left: [] })
    }
    expect(idle).toEqual([])
  }, 300_000)
})
