import { type EngineName, type EngineReport, useEngine } from "@nuner/engine"

/** The engine of tests: the one that ships, whatever the file before this one left, or the one that NUNER_ENGINE names. */
export const testEngine = (): Promise<EngineReport> =>
  useEngine({ prefer: (process.env.NUNER_ENGINE || "onnx") as EngineName })
