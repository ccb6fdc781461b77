import type { Kernel } from "../Kernel.ts"
import { binaryKernels, softmaxKernels, unaryKernels } from "./elementwise.ts"
import { fusedKernels } from "./fused.ts"
import { matMulKernels } from "./matMul.ts"
import { gatherKernels, movementKernels } from "./movement.ts"
import { reductionKernels } from "./reduction.ts"

/** Every kernel that runs on ONNX Runtime. */
export const kernels: readonly Kernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  ...reductionKernels,
  ...softmaxKernels,
  ...matMulKernels,
  ...movementKernels,
  ...gatherKernels,
  ...fusedKernels
]
