export { checkpointed } from "./autodiff/backward.ts"
export { frozen } from "./autodiff/tape.ts"
export { packByLength, planWindows, stretches, type Window } from "./data/lengths.ts"
export { EngineError, SafetensorsError } from "./errors.ts"
export {
  type GraphModel,
  type GraphSession,
  type OnnxRuntime,
  type OpenGraph,
  ordinaryGraphs
} from "./graph/GraphSession.ts"
export { OnnxGraph, type Value } from "./graph/OnnxGraph.ts"
export { type OnnxModel, onnxModel } from "./graph/onnxModel.ts"
export { sweeper } from "./memory.ts"
export { attention } from "./nn/attention.ts"
export { disentangledBias } from "./nn/disentangledBias.ts"
export { dropout } from "./nn/dropout.ts"
export { embedding } from "./nn/embedding.ts"
export { gelu } from "./nn/gelu.ts"
export { layerNorm } from "./nn/layerNorm.ts"
export { linear } from "./nn/linear.ts"
export { residual } from "./nn/residual.ts"
export { rotary } from "./nn/rotary.ts"
export { readWeights, type SafetensorsFile, safetensorsOf, scaleOf } from "./safetensors/SafetensorsFile.ts"
export { tf } from "./tf.ts"
