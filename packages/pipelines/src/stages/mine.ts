import { existsSync } from "node:fs"
import { rm, rmdir } from "node:fs/promises"
import { join } from "node:path"
import { type DataOptionsInput, OptionError, writeJson, writeJsonl } from "@nuner/core"
import { datasetHash, type Sampler, sampleSentences } from "@nuner/miner"
import { Effect } from "effect"
import { mineSizes, setsOf, type Unit } from "../benchmark/TrainingSet.ts"
import { attempt } from "../errors.ts"
import { type Intake, intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface MineStageOptions {
  /** A labelled dataset: see `readDataset`. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A folder: `k-<k>/set-<n>.jsonl` or `words-<words>/set-<n>.jsonl`, and `sets.json` that says what each holds. */
  readonly out: string
  /** Sets with k to 2k entities of every type, or with exactly so many words. */
  readonly unit: Exclude<Unit, "whole">
  readonly sizes: ReadonlyArray<number>
  /** Sets of each size. Default 10; of words, the paper's 16 / 8 / 4 / 2 / 1. */
  readonly sets?: number
  readonly sampler?: Sampler
  /** Types to fill, from sentences that have no other. Default: all. */
  readonly types?: ReadonlyArray<string>
  /** A labelled test set to cut to `testSize` sentences: `test.jsonl`. */
  readonly test?: string
  /** Default 1,000 (NuNER, section 6). */
  readonly testSize?: number
  readonly seed: number
}

/** Few-shot training sets. A size that the data does not allow is told, with the type that stands in the way, and left out; none at all is an error. */
export const mineStage = Effect.fn("mineStage")(function* (options: MineStageOptions) {
  const { data, input, out, sampler, seed, sets, test, testSize, types, unit } = options
  const sizes = [...new Set(options.sizes)]
  const { say } = yield* Progress
  const fail = (option: string, reason: string, remedy: string) =>
    Effect.fail(new OptionError({ component: "mine", option, reason, remedy }))
  if (testSize !== undefined && test === undefined) {
    return yield* fail("testSize", "nothing to cut", "name the test set with --test")
  }
  if (sampler !== undefined && unit === "words") return yield* fail("sampler", "is of sets of k", "leave it out")
  return yield* runStage({
    name: "mine",
    manifest: `${out}/manifest.json`,
    settings: plain({ unit, sizes: sizes.join(","), sets, sampler, types: types?.join(","), testSize, data }),
    seeds: { mine: seed },
    inputs: [input, ...(test === undefined ? [] : [test])],
    artefacts: [out],
    work: attempt("mine", async () => {
      const door = intake({ data, say, out })
      const sentences = await door.dataset(input)
      const dataset = datasetHash(sentences)
      const mined = mineSizes({ sentences, unit, sizes, sets, seed, sampler, types })
      const [none] = mined.infeasible
      if (mined.sets.length === 0 && none !== undefined) {
        throw new OptionError({ component: "mine", option: unit, reason: `${none.size}: ${none.reason}` })
      }
      const index: Array<object> = []
      await removeSets(out)
      for (const { counts, indexes, seed: own, sentences, set, size } of mined.sets) {
        const path = `${unit}-${size}/set-${set}.jsonl`
        await writeJsonl(`${out}/${path}`, sentences)
        index.push({ path, [unit]: size, seed: own, sentences: indexes.length, counts, dataset, indexes })
      }
      await writeJson(`${out}/sets.json`, index)
      const asked = (size: number) => setsOf({ sets, unit }, size)
      const infeasible = mined.infeasible.reduce((sum, { size }) => sum + asked(size), 0)
      const cut =
        test === undefined
          ? undefined
          : await cutTest(door, test, `${out}/test.jsonl`, { seed, size: testSize ?? 1000 })
      return {
        files: door.files,
        counts: {
          records: door.counts(),
          sets: { in: index.length + infeasible, out: index.length, dropped: { infeasible } },
          ...(cut === undefined ? {} : { testSentences: cut })
        },
        summary: [
          `${index.length} sets of ${unit} = ${[...new Set(mined.sets.map(({ size }) => size))].join(", ")} from ${sentences.length} sentences`,
          ...mined.infeasible.map(({ reason, size }) => `${unit} = ${size}: ${reason}`)
        ].join("\n")
      }
    })
  })
})

/** Sets that an earlier call left: of other sizes they would stand beside these as if they were of them. */
const removeSets = async (out: string): Promise<void> => {
  if (!existsSync(out)) return
  for (const path of new Bun.Glob("{k,words}-*/set-*.jsonl").scanSync({ cwd: out })) await rm(join(out, path))
  for (const name of ["sets.json", "test.jsonl"]) await rm(join(out, name), { force: true })
  // A folder that holds anything else stays.
  for (const path of new Bun.Glob("{k,words}-*").scanSync({ cwd: out, onlyFiles: false })) {
    await rmdir(join(out, path)).catch(() => {})
  }
}

const cutTest = async (
  door: Intake,
  path: string,
  out: string,
  { seed, size }: { readonly seed: number; readonly size: number }
) => {
  const all = await door.dataset(path)
  const drawn = sampleSentences({ sentences: all, size, seed })
  await writeJsonl(out, drawn)
  return { in: all.length, out: drawn.length, dropped: { notDrawn: all.length - drawn.length } }
}
