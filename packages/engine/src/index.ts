export { EngineError } from "./EngineError.ts"
export type { EngineAttempt, EngineName, EngineReport } from "./selection/EngineReport.ts"
export { type UseEngineOptions, useEngine } from "./selection/useEngine.ts"
export { tf } from "./tf.ts"
