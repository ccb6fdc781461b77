import type { Candidate } from "./Candidate.ts"
import { cpu } from "./engines/cpu.ts"
import { onnx } from "./engines/onnx.ts"
import { cuda, native } from "./engines/tensorflow.ts"
import { wasm } from "./engines/wasm.ts"
import { webgpu } from "./engines/webgpu.ts"

/** The engines in the order in which they are tried. */
export const candidates: readonly Candidate[] = [cuda, webgpu, native, onnx, wasm, cpu]
