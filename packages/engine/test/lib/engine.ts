import { useEngine } from "../../src/index.ts"

/** The tests of this folder run on plain tfjs, or on the engine that NUNER_ENGINE names. */
await useEngine(process.env.NUNER_ENGINE ? {} : { prefer: "cpu" })
