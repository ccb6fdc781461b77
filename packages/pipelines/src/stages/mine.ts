import { writeJson, writeJsonl } from "@nuner/core"
import { mineSets } from "@nuner/miner"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readDataset } from "../inputs/readDataset.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface MineStageOptions {
  /** A labelled dataset: see `readDataset`. */
  readonly input: string
  /** A folder: `k-<k>/set-<n>.jsonl`, and `sets.json` that says what each holds. */
  readonly out: string
  readonly ks: ReadonlyArray<number>
  /** Sets for each k. */
  readonly sets: number
  readonly seed: number
}

/** Training sets with k to 2k entities of every type. A k that the data does not allow fails, by name of the type. */
export const mineStage = Effect.fn("mineStage")(function* ({ input, ks, out, seed, sets }: MineStageOptions) {
  return yield* runStage({
    name: "mine",
    manifest: `${out}/manifest.json`,
    settings: plain({ ks: ks.join(","), sets }),
    seeds: { mine: seed },
    inputs: [input],
    artefacts: [`${out}/sets.json`],
    work: attempt("mine", async () => {
      const sentences = await readDataset(input)
      const index: Array<object> = []
      for (const k of ks) {
        for (const [n, set] of mineSets({ sentences, k, sets, seed }).entries()) {
          const path = `k-${k}/set-${n}.jsonl`
          await writeJsonl(`${out}/${path}`, set.sentences)
          const { counts, dataset, indexes, seed: own } = set
          index.push({ path, k, seed: own, sentences: indexes.length, counts, dataset, indexes })
        }
      }
      await writeJson(`${out}/sets.json`, index)
      return {
        counts: { sets: { in: ks.length * sets, out: index.length, dropped: {} } },
        summary: `${index.length} sets of k = ${ks.join(", ")} from ${sentences.length} sentences`
      }
    })
  })
})
