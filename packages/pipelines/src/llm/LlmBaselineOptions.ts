import type { AnnotateInput } from "@nuner/annotator"
import type { DataOptionsInput } from "@nuner/core"
import type { Sampler } from "@nuner/miner"
import type { TypeNames } from "@nuner/tadner"
import type { Unit } from "../benchmark/TrainingSet.ts"
import type { LlmMethod } from "./LlmRun.ts"

export interface LlmBaselineOptions
  extends Omit<AnnotateInput, "sentences" | "prompt" | "ledger" | "signal" | "seed" | "total"> {
  readonly method: LlmMethod
  /** Labelled sentences: examples are mined from it. */
  readonly train: string
  /** Labelled sentences that the model is asked about. */
  readonly test: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A folder: `runs.jsonl`, `predictions.jsonl`, `table.md`, the manifest and, unless it is elsewhere, the ledger. */
  readonly out: string
  /** What sizes count: entities of each type, k to 2k, or exactly so many words of each (NuNER, section 6). */
  readonly unit: Exclude<Unit, "whole">
  /** Of the sets of examples; 0: no examples. Only 0 for "universal-ner". */
  readonly sizes: ReadonlyArray<number>
  /** Training sets of each size above 0. Default 3; of words, the paper's 16 / 8 / 4 / 2 / 1. */
  readonly sets?: number
  /** How sets of k are drawn. Default: the miner's. */
  readonly sampler?: Sampler
  /** Ask for these types only; examples are sentences that have no other. Default: all of the training data. */
  readonly types?: ReadonlyArray<string>
  /** Ask about so many test sentences, drawn once. Default: all. */
  readonly testSize?: number
  /** Files whose sentences are taken out of the test set. Default: none. */
  readonly exclude?: ReadonlyArray<string>
  /** What the types are called in the prompt. Default: as in the data. */
  readonly names?: TypeNames
  /** What a type means, by type; shown by "in-context". */
  readonly definitions?: Readonly<Record<string, string>>
  /** Default: `ledger.sqlite` in the folder. */
  readonly ledger?: string
  /** Of the model, where the API has one. */
  readonly llmSeed?: number
  /** Of the sets and the drawn test sentences, as in a benchmark. */
  readonly seed: number
}
