/**
 * A model without human labels: `mini` fitted to what a language model said of 450 training sentences of each of three tasks, to people's labels of the same
 * sentences, and the language model itself. Its answers are recorded. Scores are kept in `results/labels`, with the counts behind them; what stands there is
 * not made again.
 *
 *     NUNER_DATA=<data> bun benchmarks/mini/labels.ts [<folder for what lies between>]
 */
import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { bundledPrices, costOf } from "@nuner/annotator"
import { fewShot } from "@nuner/classifier"
import { type LabelledSentence, readJsonl, writeJson, writeJsonl } from "@nuner/core"
import { bootstrap, countEntities, countWords, decodeCounts, EncodedCounts, encodeCounts, scores } from "@nuner/metrics"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { Schema } from "effect"
import { nuner } from "../transfer/Experiment.ts"

const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const folder = resolve(process.argv[2] ?? join(import.meta.dir, "../../.nuner/labels"))
const part = process.argv[3] ?? ""
const results = join(import.meta.dir, "results/labels")
const at = (...names: ReadonlyArray<string>) => join(folder, ...names)
mkdirSync(folder, { recursive: true })
mkdirSync(results, { recursive: true })

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
const Score = Schema.Struct({
  who: Schema.String,
  /** Of `fewShot`. */
  mode: Schema.NullOr(Schema.Literals(["probe", "full"])),
  /** On the test sentences that the language model was asked about, and on all of them. */
  asked: Measured,
  whole: Schema.NullOr(Measured),
  secondsToFit: Schema.NullOr(Schema.Finite),
  sentencesPerSecond: Schema.NullOr(Schema.Finite),
  /** US dollars, for the labels it was made from and for reading a thousand sentences. */
  dollarsToMake: Schema.Finite,
  dollarsToRead: Schema.Finite
})
type Score = typeof Score.Type

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
  const types = [...new Set(test.flatMap(({ entities }) => entities.map(({ type }) => type)))].toSorted()
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
  await writeJsonl(
    at(`${name}.texts.jsonl`),
    sentences.map(({ words }, id) => ({ id: String(id), words }))
  )
  const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers, "--empty-is-nothing"]
  const flags = ["--types", types.join(","), "-o", at(`${name}.jsonl`)]
  await nuner(name, 0, ["label", at(`${name}.texts.jsonl`), ...recorded, ...flags]).run()
  return readDataset(at(`${name}.jsonl`))
}

const measure = async (task: Task): Promise<ReadonlyArray<Score>> => {
  const [train, test] = await Promise.all(
    [tasks[task].train, tasks[task].test].map((file) => readDataset(join(data, "few-shot", file)))
  )
  const prompt = await Bun.file(join(data, `llm-in-context/${task}.k8-prompt.txt`)).text()
  const types = /^Entity types: (.*)$/m.exec(prompt)![1]!.split(", ")
  const labels = join(data, `llm-labelled/${task}.jsonl`)
  const answers = await Array.fromAsync(readJsonl(labels, Answer))
  const gold = answers.map(({ text }) => byText(train!).get(text)!)
  const own = await labelledBy(`${task}.labelled`, labels, gold, types)

  // The test sentences of the recorded in-context answers with the prompt's examples; one that was learned from says nothing.
  const all = await Array.fromAsync(readJsonl(join(data, `llm-in-context/${task}.jsonl`), InContext))
  const learned = byText(gold)
  const inContext = all.filter(({ k, text }) => k === 8 && !learned.has(text))
  await writeJsonl(at(`${task}.in-context.answers.jsonl`), inContext)
  const held = inContext.map(({ text }) => byText(test!).get(text)!)
  const said = await labelledBy(`${task}.in-context`, at(`${task}.in-context.answers.jsonl`), held, types)

  const rows: Array<Score> = [
    {
      ...{ who: "language model, 8 examples a type", mode: null, asked: measured(held, said), whole: null },
      ...{ secondsToFit: null, sentencesPerSecond: null },
      ...{ dollarsToMake: 0, dollarsToRead: (1000 / held.length) * dollars(prompt, inContext) }
    }
  ]
  const whole = test!.filter(({ words }) => !learned.has(words.join(" ")))
  const numberOf = new Map(whole.map(({ words }, number) => [words.join(" "), number]))
  for (const [who, examples, dollarsToMake] of [
    ["mini, on the language model's labels", own, dollars(prompt, answers)],
    ["mini, on people's labels", gold, 0]
  ] as const) {
    for (const mode of ["probe", "full"] as const) {
      const began = process.cpuUsage()
      const model = await fewShot({ examples, mode })
      const secondsToFit = secondsSince(began)
      const fitted = process.cpuUsage()
      const found = (await model.predictWords(whole)).map((entities) => ({ entities }))
      const sentencesPerSecond = whole.length / secondsSince(fitted)
      const foundOf = ({ words }: LabelledSentence) => found[numberOf.get(words.join(" "))!]!
      rows.push({
        ...{ who, mode, asked: measured(held, held.map(foundOf)), whole: measured(whole, found) },
        ...{ secondsToFit, sentencesPerSecond, dollarsToMake, dollarsToRead: 0 }
      })
      model.dispose()
    }
  }
  return rows
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

const rows: Array<ReadonlyArray<string>> = []
for (const task of Object.keys(tasks) as ReadonlyArray<Task>) {
  const place = join(results, `${task}.json`)
  if (!existsSync(place) && task.includes(part)) await writeJson(place, await measure(task))
  if (!existsSync(place)) continue
  for (const row of Schema.decodeUnknownSync(Schema.Array(Score))(await Bun.file(place).json())) {
    const number = (value: number | null, digits: number) => value?.toFixed(digits) ?? "–"
    rows.push([
      ...[
        tasks[task].name,
        row.mode === null ? row.who : `${row.who}, ${row.mode}`,
        ...shown(row.asked),
        ...shown(row.whole)
      ],
      ...[row.dollarsToMake.toFixed(2), row.dollarsToRead.toFixed(2)],
      ...[number(row.secondsToFit, 0), number(row.sentencesPerSecond, 0)]
    ])
  }
}
const table = markdownTable(
  [
    ...[
      "",
      "who",
      "token macro F1, 150 sentences",
      "entity micro F1",
      "token macro F1, whole test set",
      "entity micro F1"
    ],
    ...["$ to make", "$ for 1,000 sentences", "s to fit", "sentences/s"]
  ],
  rows
)
await Bun.write(join(results, "table.md"), `${table}\n`)
console.log(table)
