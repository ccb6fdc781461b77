import { encode, fromPretrained } from "@nuner/encoder"
import { markdownTable, readAligned } from "@nuner/pipelines"
import type { Experiment } from "../transfer/Experiment.ts"
import { datasets, MISC } from "./datasets.ts"
import { readByHeads, readByMini } from "./models.ts"
import type { Scored } from "./score.ts"

/** The results as a page. */
export const tables = async (work: Experiment, results: ReadonlyArray<Scored>): Promise<string> => {
  const models = [...new Set(results.map(({ model }) => model))]
  const rows = results.map(({ dataset, entityF1, interval, misc, model, precision, recall, wordF1 }) => [
    dataset + (misc ? ", with misc" : ""),
    model,
    `${entityF1} [${interval.join(", ")}]`,
    `${precision} / ${recall}`,
    String(wordF1)
  ])
  return [
    "# Zero-shot NER",
    "Whole test sets, all types of a dataset asked for at once; entity micro F1 with its 95 % interval by sentence, precision / recall, micro F1 of words.",
    markdownTable(
      ["dataset", "model", "entity F1", "P / R", "word F1"],
      rows.toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1))
    ),
    "## By type, and what training saw of it",
    "Entity F1 of each model; mentions of a concept with exactly this name among the annotated sentences that `mini` was trained on, and among all, which the models of one row (words, spans) were trained on; the other concept whose vector is nearest (cosine).",
    markdownTable(
      ["dataset", "type", "read as", "gold", ...models, "seen by mini", "seen by the others", "nearest concept"],
      await byType(work, results, models)
    )
  ]
    .join("\n\n")
    .concat("\n")
}

/** Of each type: its scores, how often training has it as a concept, and the concept that is nearest to it otherwise. */
const byType = async (
  work: Experiment,
  results: ReadonlyArray<Scored>,
  models: ReadonlyArray<string>
): Promise<Array<ReadonlyArray<string>>> => {
  const [mini, all] = [await conceptCounts(readByMini(work)), await conceptCounts(readByHeads(work))]
  const frequent = [...all].filter(([, count]) => count >= 5).map(([name]) => name)
  const encoder = await fromPretrained("mini-concepts")
  const vectorsOf = async (texts: ReadonlyArray<string>) => {
    const vectors: Array<Float32Array> = []
    for await (const { values } of encode(encoder, texts, { pooling: "mean" })) vectors.push(values)
    return vectors
  }
  const known = await vectorsOf(frequent)
  const rows: Array<ReadonlyArray<string>> = []
  for (const { name, names } of datasets.filter(({ name }) => results.some(({ dataset }) => dataset === name))) {
    const own = Object.entries(names)
    const vectors = await vectorsOf(own.map(([, read]) => read.toLowerCase()))
    for (const [i, [type, written]] of own.entries()) {
      const read = written.toLowerCase()
      const near = known.map((vector, k) => (frequent[k] === read ? -1 : cosine(vector, vectors[i]!)))
      const at = near.indexOf(Math.max(...near))
      const of = models.map((model) =>
        results.find((one) => one.model === model && one.dataset === name && one.misc === MISC in names)
      )
      rows.push([
        ...[name, type, read, String(of.find((one) => one !== undefined)?.types[type]?.support ?? 0)],
        ...of.map((one) => (one === undefined ? "" : (one.types[type]?.f1 ?? 0).toFixed(1))),
        ...[mini, all].map((counts) => String(counts.get(read) ?? 0)),
        `${frequent[at]} (${near[at]!.toFixed(2)})`
      ])
    }
  }
  encoder.dispose()
  return rows
}

const conceptCounts = async (files: ReadonlyArray<string>): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>()
  for await (const { mentions } of readAligned(files)) {
    for (const { concept } of mentions) counts.set(concept.toLowerCase(), (counts.get(concept.toLowerCase()) ?? 0) + 1)
  }
  return counts
}

const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
