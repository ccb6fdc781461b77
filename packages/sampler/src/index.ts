export { type BatchPlan, type BatchPlanOptions, batchPlan } from "./batches/batchPlan.ts"
export { BatchCursor, type EpochBatchesOptions, epochBatches, type PlannedBatch } from "./batches/epochBatches.ts"
export { type Split, type SplitOptions, splitSentences } from "./batches/splitSentences.ts"
export { allConceptNames, type ConceptSentence, conceptNames } from "./concepts/ConceptSentence.ts"
export {
  type ConceptFrequencies,
  type ConceptFrequency,
  type Coverage,
  conceptFrequencies,
  coverageCurve,
  topConcepts
} from "./concepts/conceptFrequencies.ts"
export { foldConcept } from "./concepts/foldConcept.ts"
export { type ConceptSelection, type SelectOptions, selectConcepts } from "./concepts/selectConcepts.ts"
export {
  type Cells,
  type ConceptTargets,
  conceptTargets,
  denseCells,
  type LabelledTokens,
  type TargetOptions
} from "./targets/conceptTargets.ts"
export { nearSynonyms } from "./targets/nearSynonyms.ts"
export { type TokenLabel, type TokenLabels, tokenLabels } from "./targets/tokenLabels.ts"
