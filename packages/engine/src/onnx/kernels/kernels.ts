import { dropoutKernel } from "../../nn/dropout.ts"
import { attentionKernel } from "../../nn/fusedAttention.ts"
import { geluGradKernel, geluKernel } from "../../nn/gelu.ts"
import { keptAttentionKernels } from "../../nn/keptAttention.ts"
import { layerNormGradKernel, layerNormKernel } from "../../nn/layerNorm.ts"
import { linearGradKernel, linearKernel, packedLinearKernel } from "../../nn/linear.ts"
import { softmaxGradKernel } from "../../nn/softmax.ts"
import { sumOfSquaresKernel } from "../../optim/globalNorm.ts"
import type { HostKernel, Kernel } from "../Kernel.ts"
import { binaryKernels, softmaxKernels, unaryKernels } from "./elementwise.ts"
import { matMulKernels } from "./matMul.ts"
import { gatherKernels, movementKernels } from "./movement.ts"
import { reductionKernels } from "./reduction.ts"

/** Every kernel that runs on ONNX Runtime. */
export const kernels: ReadonlyArray<Kernel> = [
  ...unaryKernels,
  ...binaryKernels,
  ...reductionKernels,
  ...softmaxKernels,
  ...matMulKernels,
  ...movementKernels,
  ...gatherKernels,
  geluKernel,
  layerNormKernel,
  attentionKernel,
  ...keptAttentionKernels,
  linearKernel,
  linearGradKernel,
  packedLinearKernel,
  sumOfSquaresKernel
]

/** Those that tfjs does not know and ONNX Runtime has no operators for, on the engine's own threads. */
export const vectorKernels = [
  geluGradKernel,
  layerNormGradKernel,
  softmaxGradKernel,
  dropoutKernel
] as ReadonlyArray<HostKernel>
