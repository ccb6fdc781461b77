import { type EngineReport, useEngine } from "../../src/index.ts"

/** The engine of the tests in this folder: plain tfjs, or the one that NUNER_ENGINE names. */
export const testEngine = (): Promise<EngineReport> => useEngine(process.env.NUNER_ENGINE ? {} : { prefer: "cpu" })
