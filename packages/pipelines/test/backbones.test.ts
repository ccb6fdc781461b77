import { afterAll, beforeAll, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { useEngine } from "@nuner/engine"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"

/** Every architecture goes through every command that takes an encoder: tiny random checkpoints that Python's transformers wrote. */
const checkpoints = {
  bert: "bert-token-classification",
  roberta: "roberta",
  ...Object.fromEntries(
    ["mpnet", "electra", "distilbert", "xlm-roberta", "modernbert", "deberta-v2"].map((name) => [
      name,
      `backbones/${name}`
    ])
  )
}
const fixture = (path: string) => join(import.meta.dir, "../../encoder/test/fixtures", path)
const folder = tempDir()
const at = (name: string): string => folder.file(name)

beforeAll(async () => {
  await useEngine()
  const sentences = ["Ada", "Emmy", "Carl"].flatMap((person) =>
    ["Lima", "Oslo"].map((town) => `[${person}|person] saw [${town}|town].`)
  )
  writeFileSync(at("train.marked"), sentences.join("\n"))
  writeFileSync(at("texts.txt"), "Ada saw Lima.\nEmmy left Oslo.\nCarl stays in Cork for good.\n")
})
afterAll(() => folder[Symbol.dispose]())

/** A command line, and arguments with spaces behind it. */
const done = async (line: string, ...more: ReadonlyArray<string>) => {
  const { code, err, out } = await inProcess(...line.split(" "), ...more)
  expect({ line, code, err: code === 0 ? "" : err }).toEqual({ line, code: 0, err: "" })
  return out
}

for (const [name, path] of Object.entries(checkpoints)) {
  test(`${name} goes through every command that takes an encoder`, async () => {
    const [given, train, texts, text] = [fixture(path), at("train.marked"), at("texts.txt"), "Ada saw Lima."]
    const own = (step: string) => at(`${name}-${step}`)
    await done(`encode ${texts} --model ${given} --out ${own("vectors.jsonl")}`)
    const short = "--row-tokens 16 --batch-size 2 --validation 0"
    await done(`base ${texts} --from ${given} --tokens 64 ${short} --out ${own("base")}`)
    const lean = "--preset small --steps 1 --validation 0 --lora-rank 2 --checkpoint-layers"
    await done(`pretrain ${train} --base ${given} ${lean} --out ${own("nuner")}`)
    const sets = `--train ${train} --test ${train} --k 1 --sets 1`
    await done(`probe --encoder ${own("nuner")} --encoder ${given} ${sets} --out ${own("probes.jsonl")}`)
    await done(`fit ${train} --encoder ${given} --mode probe --layers=-1 --out ${own("probe")}`)
    await done(`fit ${train} --encoder ${given} --mode full --epochs 1 --out ${own("full")}`)
    for (const model of [own("probe"), own("full")]) {
      expect(JSON.parse(await done(`predict ${model} --json`, text)).text).toBe(text)
      await done(`evaluate ${model} ${train} --resamples 10`)
    }
    await done(`export --model ${own("probe")} --onnx fp32,fp16,int8 --out ${own("export")}`)
    expect(JSON.parse(readFileSync(`${own("export")}/config.json`, "utf8")).id2label[0]).toBe("O")
    await done(`tadner train ${train} --encoder ${given} --out ${own("tadner")}`)
    expect(await done(`tadner predict ${own("tadner")} --support ${train}`, text)).toContain("Ada")
  }, 300_000)
}
