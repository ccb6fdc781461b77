export { type OpenOptions, openClassifier } from "./files/openClassifier.ts"
export type { PredictOptions, TextEntity, TokenClassifier } from "./predict/tokenClassifier.ts"
