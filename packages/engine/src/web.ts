export { checkpointed } from "./autodiff/backward.ts"
export { frozen } from "./autodiff/tape.ts"
export { packByLength, planWindows, stretches, type Window } from "./data/batches.ts"
export { EngineError, SafetensorsError } from "./errors.ts"
export {
  type GraphModel,
  type GraphSession,
  type OnnxRuntime,
  type OpenGraph,
  ordinaryGraphs
} from "./graph/GraphSession.ts"
export { OnnxGraph, type OnnxModel, onnxModel, type Value } from "./graph/OnnxGraph.ts"
export { hostTurn } from "./hostTurn.ts"
export { sweeper } from "./memory.ts"
export { gelu } from "./nn/activations.ts"
export { attention } from "./nn/attention.ts"
export { dropout } from "./nn/dropout.ts"
export { embedding } from "./nn/embedding.ts"
export { layerNorm, residual } from "./nn/layerNorm.ts"
export { linear } from "./nn/linear.ts"
export { disentangledBias, rotary } from "./nn/positions.ts"
export { readWeights, type SafetensorsFile, safetensorsOf, scaleOf } from "./safetensors/SafetensorsFile.ts"
export { tf } from "./tf.ts"
