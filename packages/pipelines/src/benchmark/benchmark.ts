import { OptionError } from "@nuner/core"
import { fromPretrained } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { entityMicro, tokenMacroF1 } from "@nuner/metrics"
import { typesOf } from "../inputs/readDataset.ts"
import type { BenchmarkEvent, BenchmarkResult, PlanEvent } from "./BenchmarkEvent.ts"
import { type Dataset, type DatasetReport, readDatasets } from "./Dataset.ts"
import type { Definition, DefinitionInput } from "./Definition.ts"
import { decodeDefinition, unitOf } from "./decodeDefinition.ts"
import { frozen } from "./frozen.ts"
import { full } from "./full.ts"
import type { ProtocolEvent } from "./Protocol.ts"
import { fitHash, type Model, readModels } from "./plan.ts"
import type { Run } from "./Run.ts"
import { openRunLog } from "./RunLog.ts"
import type { TrainingSet } from "./TrainingSet.ts"

export interface BenchmarkOptions {
  /** JSON Lines of the runs, each added as it ends; runs that stand there are not made again. Default: nothing is written. */
  readonly log?: string
  /** Stops between training sets and between batches, with the signal's reason; the log is then where to go on from. */
  readonly signal?: AbortSignal
}

/**
 * Measures encoders on datasets with few-shot training sets, the same for every encoder. Takes a definition as `readDefinition` reads it,
 * or one written in place.
 *
 * @throws OptionError, InputError; the signal's reason
 */
export async function* benchmark(
  input: DefinitionInput,
  { log: path, signal }: BenchmarkOptions = {}
): AsyncGenerator<BenchmarkEvent, void, void> {
  const definition = decodeDefinition(input)
  const datasets: Array<Dataset> = []
  for await (const dataset of readDatasets(definition)) {
    datasets.push(dataset)
    yield { type: "dataset", dataset: reportOf(dataset) }
    signal?.throwIfAborted()
  }
  checkFeasible(definition, datasets)
  const models = await readModels(definition)
  const log = await openRunLog(path)
  const { precision } = await useEngine()
  const plan = datasets.flatMap((dataset) =>
    models.map((model) => ({
      dataset,
      model,
      fits: dataset.sets.map((set) => ({ set, fit: fitHash(definition, dataset, model, set, precision) }))
    }))
  )
  const found = new Map(log.runs)
  yield planEvent(
    plan.flatMap(({ fits }) => fits.map(({ fit }) => fit)),
    found
  )

  const result = (): BenchmarkResult => ({
    definition,
    datasets: datasets.map(reportOf),
    runs: plan.flatMap(({ dataset, fits, model }) =>
      fits.flatMap(({ fit }) => {
        const run = found.get(fit)
        // A log outlives the names of a definition: those of today count.
        return run === undefined ? [] : [{ ...run, dataset: dataset.name, encoder: model.encoder, model: model.model }]
      })
    )
  })
  for (const { dataset, fits, model } of plan) {
    const missing = new Map(fits.flatMap(({ fit, set }) => (found.has(fit) ? [] : [[set, fit] as const])))
    if (missing.size === 0) continue
    const { encoder, model: number } = model
    for await (const event of measure(definition, dataset, model, [...missing.keys()], signal)) {
      if (event.type === "predicted") {
        const { chosen, predicted, set } = event
        const run: Run = {
          ...{ dataset: dataset.name, encoder, model: number, unit: unitOf(definition), size: set.size, set: set.set },
          trainSentences: set.sentences.length,
          // Over the types of the test set, whatever is predicted: encoders are compared over the same types.
          tokenMacroF1: 100 * tokenMacroF1(dataset.test, predicted, { types: typesOf(dataset.test) }),
          entityMicroF1: 100 * entityMicro(dataset.test, predicted).f1,
          ...chosen,
          fit: missing.get(set)!
        }
        await log.append(run)
        found.set(run.fit, run)
        yield { type: "run", run }
      } else yield { ...event, dataset: dataset.name, encoder, model: number }
      signal?.throwIfAborted()
      // Lets signals and timers through.
      await new Promise((resume) => setImmediate(resume))
    }
    yield { type: "measured", dataset: dataset.name, encoder, result: result() }
  }
  yield { type: "done", result: result() }
}

async function* measure(
  { protocol, seed }: Definition,
  dataset: Dataset,
  { directory }: Model,
  sets: ReadonlyArray<TrainingSet>,
  signal: AbortSignal | undefined
): AsyncGenerator<ProtocolEvent> {
  const encoder = await fromPretrained(directory)
  try {
    const task = { encoder, dataset, sets, seed, signal }
    if (protocol.type === "frozen") yield* frozen({ ...task, settings: protocol })
    else yield* full({ ...task, settings: protocol })
  } finally {
    encoder.dispose()
  }
}

const planEvent = (wanted: ReadonlyArray<string>, found: ReadonlyMap<string, Run>): PlanEvent => {
  const distinct = new Set(wanted)
  return {
    type: "plan",
    runs: wanted.length,
    kept: wanted.filter((fit) => found.has(fit)).length,
    missing: [...distinct].filter((fit) => !found.has(fit)).length,
    stale: [...found.keys()].filter((fit) => !distinct.has(fit)).length
  }
}

/** @throws OptionError where no dataset has a set of any size */
const checkFeasible = (definition: Definition, datasets: ReadonlyArray<Dataset>): void => {
  if (datasets.some(({ sets }) => sets.length > 0)) return
  const { reason } = datasets[0]!.infeasible[0]!
  throw new OptionError({ component: "benchmark", option: unitOf(definition), reason })
}

const reportOf = ({ sets, test, testHash, train, trainHash, ...report }: Dataset): DatasetReport => report
