import {
  type FitProbeOptions,
  fitProbe,
  type Pooling,
  predictFeatures,
  selectSentences,
  wordFeatures
} from "@nuner/classifier"
import { type LabelledSentence, OutputError, writeAtomic, writeJsonl } from "@nuner/core"
import { fromPretrained, resolveModel } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { entityMicro, summarise, tokenMacroF1 } from "@nuner/metrics"
import { InfeasibleError, type MinedSet, mineSets } from "@nuner/miner"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readDataset, typesOf } from "../inputs/readDataset.ts"
import { markdownTable } from "../report/table.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface EvaluateStageOptions {
  /** Name in the table -> model directory, or name on the hub. */
  readonly encoders: Readonly<Record<string, string>>
  /** Training sets are mined from it. */
  readonly train: string
  /** Every probe is scored on all of it. */
  readonly test: string
  /** One line a probe, JSON Lines; `<out>.md` is the table. */
  readonly out: string
  readonly ks: ReadonlyArray<number>
  readonly sets: number
  readonly seed: number
  /** Inverse L2 strength of the probe, or "cv". Default 0.1. */
  readonly c?: NonNullable<FitProbeOptions["c"]>
  readonly layers?: ReadonlyArray<number>
  readonly pooling?: Pooling
}

/** One fitted probe and its scores on the test set, in percent. */
export interface ProbeRun {
  readonly encoder: string
  readonly k: number
  readonly set: number
  readonly trainSentences: number
  readonly tokenMacroF1: number
  readonly entityMicroF1: number
}

/**
 * Frozen few-shot transfer (NuNER, section 4.1): each encoder reads training and test sentences once; for each k, a linear probe is fitted on each
 * mined set and scored on the whole test set. Returns the table of F1 by k, in Markdown.
 */
export const evaluateStage = Effect.fn("evaluateStage")(function* (options: EvaluateStageOptions) {
  const { c = 0.1, encoders, ks, layers = [-1], out, pooling = "mean", seed, sets, test, train } = options
  const progress = yield* Progress
  const directories = yield* attempt("evaluate", () =>
    Promise.all(Object.values(encoders).map((model) => resolveModel(model)))
  )
  const report = out.replace(/(\.jsonl)?$/, ".md")
  yield* runStage({
    name: "evaluate",
    manifest: `${out}.manifest.json`,
    settings: plain({ names: Object.keys(encoders), ks: ks.join(","), sets, c, layers, pooling }),
    seeds: { mine: seed },
    inputs: [...directories, train, test],
    artefacts: [out, report],
    work: attempt("evaluate", async (signal) => {
      const trainSentences = await readDataset(train)
      const testSentences = await readDataset(test)
      const types = typesOf(trainSentences)
      const known = new Set(types)
      // An entity of a type that training never has cannot be predicted; it stays in the score as a miss.
      const mined = mineAll(trainSentences, ks, sets, seed)
      await useEngine()
      const runs: Array<ProbeRun> = []
      const total = Object.keys(encoders).length * mined.sets.length
      for (const [i, name] of Object.keys(encoders).entries()) {
        const encoder = await fromPretrained(directories[i]!)
        try {
          const onProgress = (stage: string) => (at: { readonly sentences: number; readonly of: number }) =>
            progress.update({ stage, done: at.sentences, total: at.of, note: `${name}: encoding` })
          const needed = [...new Set(mined.sets.flatMap(({ indexes }) => [...indexes]))].sort((a, b) => a - b)
          const place = new Map(needed.map((index, at) => [index, at]))
          const feature = { layers, pooling, signal }
          const rows = await wordFeatures(
            encoder,
            needed.map((at) => trainSentences[at]!),
            {
              ...feature,
              onProgress: onProgress("train set")
            }
          )
          const testRows = await wordFeatures(encoder, testSentences, {
            ...feature,
            onProgress: onProgress("test set")
          })
          for (const { indexes, k, n, sentences } of mined.sets) {
            signal.throwIfAborted()
            const picked = selectSentences(
              rows,
              indexes.map((index) => place.get(index)!)
            )
            const { head } = fitProbe(picked, sentences, { c, types })
            const predicted = predictFeatures({ head }, testRows).map((entities) => ({ entities }))
            runs.push({
              encoder: name,
              k,
              set: n,
              trainSentences: sentences.length,
              tokenMacroF1: 100 * tokenMacroF1(testSentences, predicted),
              entityMicroF1: 100 * entityMicro(testSentences, predicted).f1
            })
            progress.update({ stage: "evaluate", done: runs.length, total, note: `${name}, k = ${k}` })
            await new Promise((resume) => setImmediate(resume))
          }
        } finally {
          encoder.dispose()
        }
      }
      await writeJsonl(out, runs)
      const unseen = typesOf(testSentences).filter((type) => !known.has(type))
      await writeAtomic(report, [`${table(runs, ks)}\n`, ...notes(mined.infeasible, unseen)])
      return {
        counts: {
          probes: {
            in: Object.keys(encoders).length * ks.length * sets,
            out: runs.length,
            dropped: { infeasible: Object.keys(encoders).length * ks.length * sets - runs.length }
          }
        },
        summary: `${runs.length} probes on ${types.length} types, each scored on ${testSentences.length} sentences`
      }
    })
  })
  return yield* attempt("evaluate", () => Bun.file(report).text())
})

/** Rows: encoders; columns: k; mean token macro F1 over sets with its standard deviation (of one set, not of the mean). */
export const table = (runs: ReadonlyArray<ProbeRun>, ks: ReadonlyArray<number>): string => {
  const names = [...new Set(runs.map(({ encoder }) => encoder))]
  const rows = (["tokenMacroF1", "entityMicroF1"] as const).flatMap((metric) =>
    names.map((name) => [
      `${name}, ${metric === "tokenMacroF1" ? "token macro F1" : "entity micro F1"}`,
      ...ks.map((k) => {
        const values = runs.filter((run) => run.encoder === name && run.k === k).map((run) => run[metric])
        if (values.length === 0) return "–"
        const { mean, standardDeviation } = summarise(values)
        return standardDeviation === undefined
          ? mean.toFixed(1)
          : `${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`
      })
    ])
  )
  return markdownTable(["k", ...ks.map(String)], rows)
}

interface NumberedSet extends MinedSet {
  /** Its number among the sets of its k. */
  readonly n: number
  readonly sentences: ReadonlyArray<LabelledSentence>
}

/** Sets for every k that the data allows, and what stood in the way of the others. @throws InfeasibleError where none is possible */
const mineAll = (sentences: ReadonlyArray<LabelledSentence>, ks: ReadonlyArray<number>, sets: number, seed: number) => {
  const infeasible: Array<InfeasibleError> = []
  const mined: Array<NumberedSet> = []
  for (const k of ks) {
    try {
      mined.push(...mineSets({ sentences, k, sets, seed }).map((set, n) => ({ ...set, n })))
    } catch (error) {
      if (!(error instanceof InfeasibleError)) throw error
      infeasible.push(error)
    }
  }
  if (mined.length === 0) throw infeasible[0] ?? new OutputError({ path: "sets", reason: "no k was asked for" })
  return { sets: mined, infeasible }
}

const notes = (infeasible: ReadonlyArray<InfeasibleError>, unseen: ReadonlyArray<string>): Array<string> => [
  ...infeasible.map((error) => `\nk = ${error.needed}: ${error.message}\n`),
  ...(unseen.length === 0 ? [] : [`\nTypes of the test set that the training set never has: ${unseen.join(", ")}\n`])
]
