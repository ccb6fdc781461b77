export { type OpenOptions, openClassifier } from "./files/openClassifier.ts"
export { type PredictedText, type PredictStreamOptions, predictStream } from "./predict/predictStream.ts"
export type { PredictOptions, TextEntity, TokenClassifier } from "./predict/tokenClassifier.ts"
