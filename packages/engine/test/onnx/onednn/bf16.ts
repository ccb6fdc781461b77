import { test } from "bun:test"
import { type EngineReport, tf, useEngine } from "../../../src/index.ts"
import type { OnnxBackend } from "../../../src/onnx/OnnxBackend.ts"
import type { Bf16Products } from "../../../src/onnx/onednn/OneDnnKernels.ts"

const found = await useEngine({ prefer: "onnx", precision: "bf16" }).catch((error: Error) => error.message)

/** The report of the engine in bf16, undefined where it cannot run: then the tests of these files are skipped. */
export const report: EngineReport | undefined = typeof found === "string" ? undefined : found

if (typeof found === "string") console.log(`bf16 tests skipped: ${found}`)

/** A test of the engine in bf16. */
export const bf16Test = test.skipIf(report === undefined)

export const backend = (): OnnxBackend => tf.backend() as unknown as OnnxBackend

export const products = (): Bf16Products => backend().oneDnn!.products
