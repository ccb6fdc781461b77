import type { Kernel } from "../Kernel.ts"
import { binaryKernels } from "./binary.ts"
import { fusedKernels } from "./fused.ts"
import { gatherKernels } from "./gather.ts"
import { matMulKernels } from "./matMul.ts"
import { movementKernels } from "./movement.ts"
import { reductionKernels } from "./reduction.ts"
import { softmaxKernels } from "./softmax.ts"
import { unaryKernels } from "./unary.ts"

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
