export { checkpointed, variableGrads } from "./autodiff/backward.ts"
export { type Differentiable, differentiable, frozen, stopGradient } from "./autodiff/tape.ts"
export {
  type EpochOptions,
  type EpochPlan,
  type Examples,
  packByLength,
  planEpochs,
  planWindows,
  stretches,
  type Window
} from "./data/batches.ts"
export { CheckpointError, EngineError, NonFiniteError, SafetensorsError } from "./errors.ts"
export {
  type GraphModel,
  type GraphSession,
  type GraphWeights,
  type OnnxRuntime,
  type OpenGraph,
  ordinaryGraphs
} from "./graph/GraphSession.ts"
export { OnnxGraph, type OnnxModel, onnxModel, type Value } from "./graph/OnnxGraph.ts"
export { hostTurn } from "./hostTurn.ts"
export type { Head } from "./loss/chunkedHead.ts"
export { type BceOptions, type ContrastiveOptions, contrastiveBce, type SparseTargets } from "./loss/contrastiveBce.ts"
export { type CrossEntropyOptions, crossEntropy, linearCrossEntropy } from "./loss/crossEntropy.ts"
export { sweeper, trimMemory } from "./memory.ts"
export { gelu, softmax } from "./nn/activations.ts"
export { type AttentionOptions, attention } from "./nn/attention.ts"
export { type DropoutKey, type DropoutStream, dropout } from "./nn/dropout.ts"
export { embedding, segmentSum } from "./nn/embedding.ts"
export { layerNorm, residual } from "./nn/layerNorm.ts"
export { linear } from "./nn/linear.ts"
export { addGradients, disposeAll, freeze, type Gradients, markOf, type Parameters } from "./nn/Parameters.ts"
export { type DisentangledOptions, type DistanceTables, disentangledBias, rotary } from "./nn/positions.ts"
export { fanInInit, type InitialiserKey, normalInit } from "./nn/random.ts"
export {
  type AdamOptions,
  type AdamWOptions,
  type AdamWStep,
  adam,
  adamW,
  clipFactor,
  globalNorm,
  type Optimizer,
  type OptimizerState
} from "./optim/adamW.ts"
export { type Schedule, schedules } from "./optim/schedules.ts"
export { readSafetensors } from "./safetensors/readSafetensors.ts"
export {
  type AnyDtype,
  checkFinite,
  type Dtype,
  readWeights,
  type SafetensorsFile,
  safetensorsOf,
  scaleOf,
  type TensorData,
  type TensorEntry
} from "./safetensors/SafetensorsFile.ts"
export { movedError, type TensorSource, writeSafetensors, writeWeights } from "./safetensors/writeSafetensors.ts"
export {
  compileGraph,
  compilesGraphs,
  describeEngine,
  type EngineAttempt,
  type EngineName,
  type EngineReport,
  engineNames,
  kernelFallbacks,
  type Precision,
  precisions,
  type UseEngineOptions,
  useEngine
} from "./selection/useEngine.ts"
export { tf } from "./tf.ts"
export { readTorch } from "./torch/readTorch.ts"
export { bestCheckpoint, type Checkpoint, fingerprint, listCheckpoints, loadCheckpoint } from "./train/checkpoints.ts"
export { Snapshot } from "./train/Snapshot.ts"
export type * from "./train/TrainOptions.ts"
export type { CheckpointOptions, EvaluateOptions, LossContext, TrainOptions } from "./train/TrainOptions.ts"
export { train } from "./train/train.ts"
