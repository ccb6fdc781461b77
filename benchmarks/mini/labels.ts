/**
 * A model without human labels: `mini` fitted to what a language model said of 450 training sentences of each of three tasks, to people's labels of the same
 * sentences, and the language model itself on the same test sentences. Its answers are recorded. What stands in the folder is kept.
 *
 *     NUNER_DATA=<data> bun benchmarks/mini/labels.ts [<folder>] [--encoder mini] [--mode auto|probe|full] [--task wnut17]
 */
import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { bundledPrices, costOf } from "@nuner/annotator"
import { fewShot } from "@nuner/classifier"
import { type LabelledSentence, readJsonl, writeJson, writeJsonl } from "@nuner/core"
import { evaluate } from "@nuner/metrics"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { Schema } from "effect"
import { nuner } from "../transfer/Experiment.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    encoder: { type: "string", default: "mini" },
    mode: { type: "string", default: "auto" },
    task: { type: "string", multiple: true, default: ["mit-movie", "jnlpba", "wnut17"] }
  }
})
const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const folder = resolve(positionals[0] ?? join(import.meta.dir, "../../.nuner/labels"))
const at = (...names: ReadonlyArray<string>) => join(folder, ...names)
mkdirSync(folder, { recursive: true })

const tasks: Readonly<Record<string, { readonly train: string; readonly test: string }>> = {
  "mit-movie": { train: "mit-movie/train.bio", test: "mit-movie/test.bio" },
  jnlpba: { train: "jnlpba/train.reconstructed.tsv", test: "jnlpba/test.tsv" },
  wnut17: { train: "wnut17/train.conll", test: "wnut17/test.conll" }
}
/** Whose price stands for the language model's. */
const PRICED = "gpt-4o-mini"

const Answer = Schema.Struct({ text: Schema.String, response: Schema.String })
const InContext = Schema.Struct({ ...Answer.fields, k: Schema.Natural })
const Score = Schema.Struct({
  who: Schema.String,
  tokenMacroF1: Schema.Finite,
  entityMicroF1: Schema.Finite,
  secondsToFit: Schema.NullOr(Schema.Finite),
  sentencesPerSecond: Schema.NullOr(Schema.Finite),
  dollars: Schema.Finite
})
type Score = typeof Score.Type

/** US dollars for asking about texts one by one, four characters counted as a token. */
const dollars = (prompt: string, answers: ReadonlyArray<typeof Answer.Type>): number => {
  const tokens = (characters: number) => Math.ceil(characters / 4)
  const inputTokens = answers.reduce((sum, { text }) => sum + tokens(prompt.length + text.length), 0)
  const outputTokens = answers.reduce((sum, { response }) => sum + tokens(response.length), 0)
  return costOf(bundledPrices.models[PRICED]!, { inputTokens, outputTokens }, false)
}

const scored = (test: ReadonlyArray<LabelledSentence>, found: ReadonlyArray<Pick<LabelledSentence, "entities">>) => {
  const { entities, words } = evaluate(test, found)
  return { tokenMacroF1: 100 * words.macro.f1, entityMicroF1: 100 * entities.micro.f1 }
}

/** Sentences by their words. */
const byText = (sentences: ReadonlyArray<LabelledSentence>) =>
  new Map(sentences.map((sentence) => [sentence.words.join(" "), sentence]))

/** What the language model said of texts, as labelled sentences with the words of `sentences`. */
const labelledBy = async (
  name: string,
  answers: string,
  sentences: ReadonlyArray<LabelledSentence>,
  types: ReadonlyArray<string>
): Promise<Array<LabelledSentence>> => {
  await writeJsonl(
    at(`${name}.texts.jsonl`),
    sentences.map(({ words }, id) => ({ id: String(id), words }))
  )
  const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers, "--empty-is-nothing"]
  const flags = ["--types", types.join(","), "-o", at(`${name}.jsonl`)]
  await nuner(name, 0, ["label", at(`${name}.texts.jsonl`), ...recorded, ...flags]).run()
  return readDataset(at(`${name}.jsonl`))
}

const measure = async (task: string): Promise<ReadonlyArray<Score>> => {
  const [train, test] = await Promise.all(
    [tasks[task]!.train, tasks[task]!.test].map((file) => readDataset(join(data, "few-shot", file)))
  )
  const prompt = await Bun.file(join(data, `llm-in-context/${task}.k8-prompt.txt`)).text()
  const types = /^Entity types: (.*)$/m.exec(prompt)![1]!.split(", ")
  const labels = join(data, `llm-labelled/${task}.jsonl`)
  const answers = await Array.fromAsync(readJsonl(labels, Answer))
  const gold = answers.map(({ text }) => byText(train!).get(text)!)
  const own = await labelledBy(`${task}.labelled`, labels, gold, types)

  // The test sentences of the recorded in-context answers with the prompt's examples.
  const all = await Array.fromAsync(readJsonl(join(data, `llm-in-context/${task}.jsonl`), InContext))
  const inContext = all.filter(({ k }) => k === 8)
  await writeJsonl(at(`${task}.in-context.answers.jsonl`), inContext)
  const held = inContext.map(({ text }) => byText(test!).get(text)!)
  const said = await labelledBy(`${task}.in-context`, at(`${task}.in-context.answers.jsonl`), held, types)

  const asked = dollars(prompt, inContext)
  const scores: Array<Score> = [
    {
      who: "language model, 8 examples a type",
      ...scored(held, said),
      secondsToFit: null,
      sentencesPerSecond: null,
      dollars: asked
    }
  ]
  for (const [who, examples, cost] of [
    ["mini, on the language model's labels", own, dollars(prompt, answers)],
    ["mini, on people's labels", gold, 0]
  ] as const) {
    const mode = (["auto", "probe", "full"] as const).find((name) => name === values.mode)!
    const began = performance.now()
    const model = await fewShot({ examples, encoder: values.encoder, mode })
    const fitted = performance.now()
    const found = (await model.predictWords(held)).map((entities) => ({ entities }))
    const seconds = (performance.now() - fitted) / 1000
    scores.push({
      ...{ who, ...scored(held, found), secondsToFit: (fitted - began) / 1000 },
      ...{ sentencesPerSecond: held.length / seconds, dollars: cost }
    })
    model.dispose()
  }
  return scores
}

const rows: Array<ReadonlyArray<string>> = []
for (const task of values.task) {
  const place = at(`${task}.${values.mode}.scores.json`)
  if (!existsSync(place)) await writeJson(place, await measure(task))
  const scores = Schema.decodeUnknownSync(Schema.Array(Score))(await Bun.file(place).json())
  for (const { dollars, entityMicroF1, secondsToFit, sentencesPerSecond, tokenMacroF1, who } of scores) {
    const show = (value: number | null, digits: number) => value?.toFixed(digits) ?? "–"
    rows.push([
      ...[task, who, tokenMacroF1.toFixed(1), entityMicroF1.toFixed(1)],
      ...[show(secondsToFit, 0), show(sentencesPerSecond, 0), dollars.toFixed(3)]
    ])
  }
}
const header = [
  "150 test sentences",
  "who",
  "token macro F1",
  "entity micro F1",
  "seconds to fit",
  "sentences/s",
  `US dollars (${PRICED})`
]
console.log(markdownTable(header, rows))
