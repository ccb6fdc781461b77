/**
 * A model without human labels: `mini` fitted to what a language model said of 450 training sentences of each of three tasks, to people's labels of the same
 * sentences, and the language model itself. Its answers are recorded. A row of the table is a line of `results/labels.jsonl`, with the counts behind it; what
 * stands there is not made again. Times are the processor's.
 *
 *     NUNER_DATA=<data> bun benchmarks/mini/labels.ts [<folder for what lies between>] [<part of a row's name>]
 */
import { appendFileSync, existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { bundledPrices, costOf } from "@nuner/annotator"
import { fewShot } from "@nuner/classifier"
import { type LabelledSentence, readJsonl, typesIn, writeJsonl } from "@nuner/core"
import { bootstrap, countEntities, countWords, decodeCounts, EncodedCounts, encodeCounts, scores } from "@nuner/metrics"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { Schema } from "effect"
import { standing } from "../support/standing.ts"
import { nuner } from "../transfer/Experiment.ts"

const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const folder = resolve(process.argv[2] ?? join(import.meta.dir, "../../.nuner/labels"))
const part = process.argv[3] ?? ""
const log = join(import.meta.dir, "results/labels.jsonl")
const at = (...names: ReadonlyArray<string>) => join(folder, ...names)
mkdirSync(folder, { recursive: true })

const tasks = {
  "mit-movie": { name: "MIT Movie", train: "mit-movie/train.bio", test: "mit-movie/test.bio" },
  jnlpba: { name: "JNLPBA", train: "jnlpba/train.reconstructed.tsv", test: "jnlpba/test.tsv" },
  wnut17: { name: "WNUT17", train: "wnut17/train.conll", test: "wnut17/test.conll" }
} as const
type Task = keyof typeof tasks

/** Whose price stands for the language model's. */
const PRICED = "gpt-4o-mini"

const Answer = Schema.Struct({ text: Schema.String, response: Schema.String })
const InContext = Schema.Struct({ ...Answer.fields, k: Schema.Natural })
const Measured = Schema.Struct({ words: EncodedCounts, entities: EncodedCounts })
/** Who reads, after whose labels and how. */
const systems = {
  "language model, 8 examples a type": undefined,
  "probe, on the language model's labels": { mode: "probe", labels: "own" },
  "probe, on people's labels": { mode: "probe", labels: "gold" },
  "full, on the language model's labels": { mode: "full", labels: "own" },
  "full, on people's labels": { mode: "full", labels: "gold" }
} as const
type System = keyof typeof systems
const Score = Schema.Struct({
  task: Schema.Literals(Object.keys(tasks) as Array<Task>),
  system: Schema.Literals(Object.keys(systems) as Array<System>),
  /** On the test sentences that the language model was asked about, and on the first `WIDER` of all. */
  asked: Measured,
  wider: Schema.NullOr(Measured),
  secondsToFit: Schema.NullOr(Schema.Finite),
  sentencesPerSecond: Schema.NullOr(Schema.Finite),
  /** US dollars, for the labels it was made from and for reading a thousand sentences. */
  dollarsToMake: Schema.Finite,
  dollarsToRead: Schema.Finite
})
type Score = typeof Score.Type
const WIDER = 500

/** US dollars for asking about texts one by one, four characters counted as a token. */
const dollars = (prompt: string, answers: ReadonlyArray<typeof Answer.Type>): number => {
  const tokens = (characters: number) => Math.ceil(characters / 4)
  const inputTokens = answers.reduce((sum, { text }) => sum + tokens(prompt.length + text.length), 0)
  const outputTokens = answers.reduce((sum, { response }) => sum + tokens(response.length), 0)
  return costOf(bundledPrices.models[PRICED]!, { inputTokens, outputTokens }, false)
}

const measured = (
  test: ReadonlyArray<LabelledSentence>,
  found: ReadonlyArray<Pick<LabelledSentence, "entities">>
): typeof Measured.Type => {
  // Over the types of the test set, whatever is predicted.
  const types = typesIn(test)
  return { words: encodeCounts(countWords(test, found, { types })), entities: encodeCounts(countEntities(test, found)) }
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
  if (existsSync(at(`${name}.jsonl`))) return readDataset(at(`${name}.jsonl`))
  await writeJsonl(
    at(`${name}.texts.jsonl`),
    sentences.map(({ words }, id) => ({ id: String(id), words }))
  )
  const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers, "--empty-is-nothing"]
  const flags = ["--types", types.join(","), "-o", at(`${name}.jsonl`)]
  await nuner(name, 0, ["label", at(`${name}.texts.jsonl`), ...recorded, ...flags]).run()
  return readDataset(at(`${name}.jsonl`))
}

const measure = async (task: Task, system: System): Promise<Score> => {
  const [train, test] = await Promise.all(
    [tasks[task].train, tasks[task].test].map((file) => readDataset(join(data, "few-shot", file)))
  )
  const prompt = await Bun.file(join(data, `llm-in-context/${task}.k8-prompt.txt`)).text()
  const types = /^Entity types: (.*)$/m.exec(prompt)![1]!.split(", ")
  const labels = join(data, `llm-labelled/${task}.jsonl`)
  const answers = await Array.fromAsync(readJsonl(labels, Answer))
  const gold = answers.map(({ text }) => byText(train!).get(text)!)

  // The test sentences of the recorded in-context answers with the prompt's examples; one that was learned from says nothing.
  const all = await Array.fromAsync(readJsonl(join(data, `llm-in-context/${task}.jsonl`), InContext))
  const learned = byText(gold)
  const inContext = all.filter(({ k, text }) => k === 8 && !learned.has(text))
  await writeJsonl(at(`${task}.in-context.answers.jsonl`), inContext)
  const held = inContext.map(({ text }) => byText(test!).get(text)!)
  const how = systems[system]
  if (how === undefined) {
    const said = await labelledBy(`${task}.in-context`, at(`${task}.in-context.answers.jsonl`), held, types)
    return {
      ...{ task, system, asked: measured(held, said), wider: null, secondsToFit: null, sentencesPerSecond: null },
      ...{ dollarsToMake: 0, dollarsToRead: (1000 / held.length) * dollars(prompt, inContext) }
    }
  }
  const isOwn = how.labels === "own"
  const examples = isOwn ? await labelledBy(`${task}.labelled`, labels, gold, types) : gold
  const wider = test!.filter(({ words }) => !learned.has(words.join(" "))).slice(0, WIDER)
  const began = process.cpuUsage()
  const model = await fewShot({ examples, mode: how.mode })
  const fitted = process.cpuUsage()
  const found = (await model.predictWords([...held, ...wider])).map((entities) => ({ entities }))
  const seconds = secondsSince(fitted)
  model.dispose()
  return {
    ...{ task, system, asked: measured(held, found.slice(0, held.length)) },
    wider: measured(wider, found.slice(held.length)),
    secondsToFit: secondsSince(began) - seconds,
    sentencesPerSecond: found.length / seconds,
    ...{ dollarsToMake: isOwn ? dollars(prompt, answers) : 0, dollarsToRead: 0 }
  }
}

/** Processor time. */
const secondsSince = (began: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(began)
  return (system + user) / 1e6
}

/** Token macro F1, and entity micro F1 with its interval over sentences; in percent. */
const shown = (counts: typeof Measured.Type | null): [string, string] => {
  if (counts === null) return ["–", "–"]
  const percent = (value: number) => (100 * value).toFixed(1)
  const { estimate, high, low } = bootstrap({ counts: decodeCounts(counts.entities), seed: 0 })
  const words = scores(decodeCounts(counts.words)).macro.f1
  return [percent(words), `${percent(estimate)} [${percent(low)}, ${percent(high)}]`]
}

const stand = () => standing(log, Score)
const cases = Score.fields.task.literals.flatMap((task) =>
  Score.fields.system.literals.map((system) => ({ task, system }))
)
for (const { system, task } of cases.filter(({ system, task }) => `${task}, ${system}`.includes(part))) {
  if (stand().some((row) => row.task === task && row.system === system)) continue
  appendFileSync(log, `${JSON.stringify(await measure(task, system))}\n`)
}
const rows = cases.flatMap(({ system, task }) => {
  const row = stand().find((row) => row.task === task && row.system === system)
  if (row === undefined) return []
  const number = (value: number | null, digits: number) => value?.toFixed(digits) ?? "–"
  const dollars = [row.dollarsToMake, row.dollarsToRead].map((value) => value.toFixed(2))
  const times = [number(row.secondsToFit, 0), number(row.sentencesPerSecond, 0)]
  return [[tasks[task].name, system, ...shown(row.asked), ...shown(row.wider), ...dollars, ...times]]
})
const f1 = ["token macro F1", "entity micro F1"]
const header = [
  "",
  "150 test sentences, then 500",
  ...f1,
  ...f1,
  "$ to make",
  "$ for 1,000 sentences",
  "s to fit",
  "sentences/s"
]
console.log(markdownTable(header, rows))
