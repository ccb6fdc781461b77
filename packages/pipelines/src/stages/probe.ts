import { basename } from "node:path"
import { type DataOptionsInput, writeAtomic, writeJsonl } from "@nuner/core"
import type { Sampler } from "@nuner/miner"
import { Effect } from "effect"
import type { FrozenProtocol } from "../benchmark/Definition.ts"
import { decodeDefinition } from "../benchmark/decodeDefinition.ts"
import type { Run } from "../benchmark/Run.ts"
import { attempt } from "../errors.ts"
import { datasetReport } from "../report/benchmarkReport.ts"
import { measure } from "./benchmark.ts"

export interface ProbeStageOptions extends Partial<Omit<FrozenProtocol, "type">> {
  /** Name in the table -> model directory, or name on the hub. */
  readonly encoders: Readonly<Record<string, string>>
  /** Training sets are mined from it. */
  readonly train: string
  /** Every probe is scored on all of it. */
  readonly test: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** One line a probe, JSON Lines; `<out>.md` is the table. */
  readonly out: string
  readonly ks: ReadonlyArray<number>
  readonly sets: number
  /** Default "random-order". */
  readonly sampler?: Sampler
  /** Default: all of the training data. */
  readonly types?: ReadonlyArray<string>
  readonly seed: number
}

/** One fitted probe and its scores on the test set. */
export type ProbeRun = Run

/**
 * Frozen few-shot transfer (NuNER, section 4.1): a benchmark of encoders on one dataset. Returns the tables of F1 by k, in Markdown.
 */
export const probeStage = Effect.fn("probeStage")(function* (options: ProbeStageOptions) {
  const { data = {}, encoders, ks, out, sampler, seed, sets, test, train, types, ...probe } = options
  const definition = yield* attempt("probe", () =>
    decodeDefinition({
      ...{ encoders, k: ks, sets, seed, ...(sampler === undefined ? {} : { sampler }) },
      datasets: { [basename(test)]: { train, test, data, ...(types === undefined ? {} : { types }) } },
      protocol: { type: "frozen", ...probe }
    })
  )
  const report = out.replace(/(\.jsonl)?$/, ".md")
  yield* measure("probe", {
    ...{ definition, log: out, manifest: `${out}.manifest.json`, artefacts: [report] },
    write: async (result) => {
      await writeJsonl(out, result.runs)
      await writeAtomic(report, [`${datasetReport(result, result.datasets[0]!)}\n`])
    }
  })
  return yield* attempt("probe", () => Bun.file(report).text())
})
