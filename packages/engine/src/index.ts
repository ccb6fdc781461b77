export { checkpointed, variableGrads } from "./autodiff/backward.ts"
export { type Differentiable, differentiable, frozen, stopGradient } from "./autodiff/tape.ts"
export { type EpochOptions, type EpochPlan, type Examples, fingerprint, planEpochs } from "./data/epochs.ts"
export { packByLength, planWindows, stretches, type Window } from "./data/lengths.ts"
export { CheckpointError, EngineError, NonFiniteError, SafetensorsError } from "./errors.ts"
export {
  type GraphModel,
  type GraphSession,
  type GraphWeights,
  type OnnxRuntime,
  type OpenGraph,
  ordinaryGraphs
} from "./graph/GraphSession.ts"
export { OnnxGraph, type Value } from "./graph/OnnxGraph.ts"
export { type OnnxModel, onnxModel } from "./graph/onnxModel.ts"
export type { Head } from "./loss/chunkedHead.ts"
export { type BceOptions, type ContrastiveOptions, contrastiveBce, type SparseTargets } from "./loss/contrastiveBce.ts"
export { type CrossEntropyOptions, crossEntropy, linearCrossEntropy } from "./loss/crossEntropy.ts"
export { sweeper, trimMemory } from "./memory.ts"
export { type AttentionOptions, attention } from "./nn/attention.ts"
export { type DisentangledOptions, type DistanceTables, disentangledBias } from "./nn/disentangledBias.ts"
export { type DropoutKey, type DropoutStream, dropout } from "./nn/dropout.ts"
export { embedding, segmentSum } from "./nn/embedding.ts"
export { gelu } from "./nn/gelu.ts"
export { layerNorm } from "./nn/layerNorm.ts"
export { linear } from "./nn/linear.ts"
export { addGradients, disposeAll, freeze, type Gradients, markOf, type Parameters } from "./nn/Parameters.ts"
export { fanInInit, type InitialiserKey, normalInit } from "./nn/random.ts"
export { residual } from "./nn/residual.ts"
export { rotary } from "./nn/rotary.ts"
export { softmax } from "./nn/softmax.ts"
export {
  type AdamOptions,
  type AdamWOptions,
  type AdamWStep,
  adam,
  adamW,
  type Optimizer,
  type OptimizerState
} from "./optim/adamW.ts"
export { clipFactor, globalNorm } from "./optim/globalNorm.ts"
export { type Schedule, schedules } from "./optim/schedules.ts"
export type { AnyDtype, Dtype, TensorData } from "./safetensors/dtypes.ts"
export { readSafetensors } from "./safetensors/readSafetensors.ts"
export {
  checkFinite,
  readWeights,
  type SafetensorsFile,
  safetensorsOf,
  scaleOf,
  type TensorEntry
} from "./safetensors/SafetensorsFile.ts"
export { type TensorSource, writeSafetensors, writeWeights } from "./safetensors/writeSafetensors.ts"
export {
  describeEngine,
  type EngineAttempt,
  type EngineName,
  type EngineReport,
  engineNames,
  kernelFallbacks,
  type Precision,
  precisions
} from "./selection/EngineReport.ts"
export {
  compileGraph,
  compilesGraphs,
  type UseEngineOptions,
  useEngine
} from "./selection/useEngine.ts"
export { tf } from "./tf.ts"
export { readTorch } from "./torch/readTorch.ts"
export { bestCheckpoint, type Checkpoint, listCheckpoints, loadCheckpoint } from "./train/checkpoints.ts"
export type * from "./train/TrainOptions.ts"
export type { CheckpointOptions, EvaluateOptions, LossContext, TrainOptions } from "./train/TrainOptions.ts"
export { train } from "./train/train.ts"
export { writeWhole } from "./writeWhole.ts"
