import type { AnnotateInput } from "@nuner/annotator"
import type { TypeNames } from "@nuner/tadner"
import type { LlmMethod } from "./LlmRun.ts"

export interface LlmBaselineOptions
  extends Omit<AnnotateInput, "sentences" | "prompt" | "ledger" | "signal" | "seed" | "total"> {
  readonly method: LlmMethod
  /** Labelled sentences: examples are mined from it. */
  readonly train: string
  /** Labelled sentences that the model is asked about. */
  readonly test: string
  /** A folder: `runs.jsonl`, `predictions.jsonl`, `table.md`, the manifest and, unless it is elsewhere, the ledger. */
  readonly out: string
  /** Entities of each type among the examples; 0: no examples. Only 0 for "universal-ner". */
  readonly ks: ReadonlyArray<number>
  /** Training sets for each k above 0. */
  readonly sets: number
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
