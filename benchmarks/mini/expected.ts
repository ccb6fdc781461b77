/**
 * What `fewShot` expects to score against what it scores: probes on sets of 8 examples a type and the first 300 dev sentences, by the number of folds.
 *
 *     NUNER_DATA=<data> bun benchmarks/mini/expected.ts [<sets a dataset>]
 */
import { join } from "node:path"
import { fewShot } from "@nuner/classifier"
import { fromPretrained } from "@nuner/encoder"
import { entityMicro } from "@nuner/metrics"
import { mineSets } from "@nuner/miner"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"

const datasets = {
  WNUT17: ["wnut17/train.conll", "wnut17/dev.conll"],
  JNLPBA: ["jnlpba/train.reconstructed.tsv", "jnlpba/devel.tsv"]
}
const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const sets = Number(process.argv[2] ?? 2)
const encoder = await fromPretrained("mini")
const rows: Array<ReadonlyArray<string>> = []
for (const [dataset, files] of Object.entries(datasets)) {
  const [train, dev] = await Promise.all(files.map((file) => readDataset(join(data, "few-shot", file))))
  const held = dev!.slice(0, 300)
  for (const { sentences } of mineSets({ sentences: train!, k: 8, sets, seed: 0 })) {
    for (const folds of [5, 10]) {
      const began = process.cpuUsage().user
      const model = await fewShot({ examples: sentences, encoder, mode: "probe", folds })
      const seconds = (process.cpuUsage().user - began) / 1e6
      const found = (await model.predictWords(held)).map((entities) => ({ entities }))
      const { f1, high, low } = model.expected!
      const numbers = [f1, low, high, entityMicro(held, found).f1].map((value) => (100 * value).toFixed(1))
      rows.push([dataset, String(sentences.length), String(folds), ...numbers, seconds.toFixed(1)])
      console.error(rows.at(-1)!.join(" "))
    }
  }
}
console.log(markdownTable(["dataset", "examples", "folds", "expected", "low", "high", "reached", "s to fit"], rows))
