import type { TadNerModel } from "../model/TadNerModel.ts"

export type Stage = "detector" | "classifier"

/** What source training tells. Steps are counted from 1 in each stage. */
export type SourceEvent =
  | SourceData
  | SourceStep
  | { readonly type: "resume" | "checkpoint"; readonly stage: Stage; readonly step: number; readonly path: string }
  | { readonly type: "stop"; readonly stage: Stage; readonly step: number }
  | SourceDone

/** Comes first: what is trained on. */
export interface SourceData {
  readonly type: "data"
  /** Sentences that have an entity. */
  readonly sentences: number
  /** Those that have none: left out. */
  readonly withoutEntities: number
  /** Sentences that were cut off, and words lost so. */
  readonly truncated: number
  readonly lostWords: number
  /** Sentences read in several windows. */
  readonly windowed: number
  readonly types: ReadonlyArray<string>
  /** In natural language, one a type. */
  readonly names: ReadonlyArray<string>
  readonly steps: Readonly<Record<Stage, number>>
}

/** One update was made. */
export interface SourceStep {
  readonly type: "step"
  readonly stage: Stage
  readonly step: number
  /** Of the stage. */
  readonly steps: number
  readonly loss: number
  readonly lr: number
  readonly gradNorm: number
  readonly seconds: number
}

export interface SourceDone {
  readonly type: "done"
  /** The caller disposes it. */
  readonly model: TadNerModel
}
