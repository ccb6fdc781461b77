import { rm } from "node:fs/promises"
import { join } from "node:path"
import { OptionError } from "@nuner/core"
import { fromPretrained } from "@nuner/encoder"
import { hostTurn, useEngine } from "@nuner/engine"
import type { SkippedRecords } from "../inputs/skippedRecords.ts"
import type { BenchmarkEvent, BenchmarkResult, PlanEvent } from "./BenchmarkEvent.ts"
import { type Dataset, type DatasetReport, readDatasets } from "./Dataset.ts"
import type { Definition, DefinitionInput, FrozenProtocol, FullProtocol } from "./Definition.ts"
import { decodeDefinition, unitOf } from "./decodeDefinition.ts"
import { frozen } from "./frozen.ts"
import { full } from "./full.ts"
import type { ProtocolEvent, Reading } from "./Protocol.ts"
import { fitHash, type Model, readModels } from "./plan.ts"
import { type Run, scored } from "./Run.ts"
import { openRunLog } from "./RunLog.ts"
import type { TrainingSet } from "./TrainingSet.ts"

export interface BenchmarkOptions {
  /** JSON Lines of the runs, each added as it ends; runs that stand there are not made again. Default: nothing is written. */
  readonly log?: string
  /** A folder for checkpoints of trainings (protocol "full"): one that was cut short goes on; they are removed when its run ends. Default: none are kept. */
  readonly checkpoints?: string
  /** Default true; false: nothing is measured, the result is what stands in the log. */
  readonly measure?: boolean
  /** Stops between training sets and between batches, with the signal's reason; the log is then where to go on from. */
  readonly signal?: AbortSignal
  /** Told what each data file turned out to be, in one line. Default: nobody. */
  readonly say?: (line: string) => void
  /** Takes the records of data files that are skipped. Default: they are counted only. */
  readonly skipped?: SkippedRecords
}

/**
 * Measures encoders on datasets with few-shot training sets, the same for every encoder. Takes a definition as `readDefinition` reads it,
 * or one written in place.
 *
 * @throws OptionError, InputError; the signal's reason
 */
export async function* benchmark(
  input: DefinitionInput,
  { checkpoints, log: path, measure: measuring = true, say, signal, skipped }: BenchmarkOptions = {}
): AsyncGenerator<BenchmarkEvent, void, void> {
  const definition = decodeDefinition(input)
  const datasets: Array<Dataset> = []
  for await (const dataset of readDatasets(definition, { say, out: skipped })) {
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
  /** Those of the same weights on the same dataset share a pass of the encoder, however they are read. */
  const together = Map.groupBy(plan, ({ dataset, model }) => `${datasets.indexOf(dataset)} ${model.hash}`)
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
  for (const group of measuring ? together.values() : []) {
    const { dataset } = group[0]!
    const wanted = new Set<string>()
    const readings = group.flatMap(({ fits, model }) => {
      const missing = fits.filter(({ fit }) => !found.has(fit) && !wanted.has(fit))
      for (const { fit } of missing) wanted.add(fit)
      return missing.length === 0 ? [] : [{ model, fits: new Map(missing.map(({ fit, set }) => [set, fit])) }]
    })
    if (readings.length === 0) continue
    for await (const event of measure(definition, dataset, readings, { checkpoints, signal })) {
      const { encoder, model } = readings["reading" in event ? event.reading : 0]!.model
      if (event.type === "predicted") {
        const { chosen, predicted, reading, set } = event
        const run: Run = {
          ...{ dataset: dataset.name, encoder, model, unit: unitOf(definition), size: set.size, set: set.set },
          trainSentences: set.sentences.length,
          ...scored(dataset.test, predicted),
          ...chosen,
          fit: readings[reading]!.fits.get(set)!
        }
        log.append(run)
        found.set(run.fit, run)
        if (checkpoints !== undefined) await rm(join(checkpoints, run.fit), { recursive: true, force: true })
        yield { type: "run", run }
      } else yield { ...event, dataset: dataset.name, encoder, model }
      signal?.throwIfAborted()
      await hostTurn()
    }
    yield { type: "measured", dataset: dataset.name, encoder: readings[0]!.model.encoder, result: result() }
  }
  yield { type: "done", result: result() }
}

interface Unmeasured {
  readonly model: Model
  readonly fits: ReadonlyMap<TrainingSet, string>
}

async function* measure(
  { seed }: Definition,
  dataset: Dataset,
  unmeasured: ReadonlyArray<Unmeasured>,
  { checkpoints, signal }: { readonly checkpoints: string | undefined; readonly signal: AbortSignal | undefined }
): AsyncGenerator<ProtocolEvent> {
  const encoder = await fromPretrained(unmeasured[0]!.model.directory)
  try {
    const readings = unmeasured.map(({ fits, model }) => ({
      settings: model.protocol,
      directory: model.directory,
      sets: [...fits.keys()],
      ...(checkpoints !== undefined && { checkpointsOf: (set: TrainingSet) => join(checkpoints, fits.get(set)!) })
    }))
    const task = { encoder, dataset, seed, signal }
    // The protocol is the definition's: all readings are of one type.
    if (isFrozen(readings)) yield* frozen({ ...task, readings })
    else yield* full({ ...task, readings: readings as ReadonlyArray<Reading<FullProtocol>> })
  } finally {
    encoder.dispose()
  }
}

const isFrozen = (
  readings: ReadonlyArray<Reading<Definition["protocol"]>>
): readings is ReadonlyArray<Reading<FrozenProtocol>> => readings.every(({ settings }) => settings.type === "frozen")

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

const reportOf = ({ named, sets, test, testHash, train, trainHash, ...report }: Dataset): DatasetReport => report
