export { prototypes, typeScores, type Vectors } from "./prototypes.ts"
export { type TypeAwareLossOptions, typeAwareLoss } from "./typeAwareLoss.ts"
export { type ClassifySpansOptions, classifySpans, filterThreshold, type TypedSpan } from "./typeFilter.ts"
