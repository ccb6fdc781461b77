export { OnnxGraph, type Value } from "@nuner/engine"
export type { Architecture, Backbone } from "./backbones/Backbone.ts"
export { backboneOf, backbones } from "./backbones/backbones.ts"
export { parseConfigJson, toConfigJson } from "./config/configJson.ts"
export { checkConfig, type EncoderConfig, maxTokens } from "./config/EncoderConfig.ts"
export {
  bertBase,
  debertaV3Base,
  distilbertBase,
  electraSmall,
  modernbertBase,
  mpnetBase,
  robertaBase,
  robertaLarge,
  small,
  xlmRobertaBase
} from "./config/presets.ts"
export { EncodeOptions } from "./encode/EncodeOptions.ts"
export { type EncodedText, encode, type TextInput } from "./encode/encode.ts"
export { type PoolWordsOptions, poolWords } from "./encode/poolVectors.ts"
export { mergeWindows, type RunOptions, runWindows, type WindowResult } from "./encode/runWindows.ts"
export { type TokenWindow, tokenWindows } from "./encode/tokenWindows.ts"
export type { VectorRow } from "./encode/VectorRow.ts"
export { checkVectorPath, type WriteVectorsOptions, writeVectors } from "./encode/writeVectors.ts"
export { type CardMetric, type ModelCard, modelCard } from "./export/modelCard.ts"
export { drawEncoder } from "./export/onnx/encoderGraph.ts"
export {
  type ExportOnnxOptions,
  exportNetwork,
  exportOnnx,
  type OnnxNetwork,
  onnxFile
} from "./export/onnx/exportOnnx.ts"
export type { OnnxType, WeightNumbers, Weights } from "./export/onnx/Weights.ts"
export {
  type LanguageHead,
  type LanguageModel,
  type LoadedLanguageModel,
  languageHeadSpecs,
  loadLanguageModel,
  saveLanguageModel
} from "./files/languageModel.ts"
export { encoderWithin, type LoadedEncoder, loadEncoder } from "./files/loadEncoder.ts"
export { checkModelDirectory, replaceDirectory } from "./files/replaceDirectory.ts"
export { type SaveOptions, type SaveWithinOptions, saveEncoder, saveWithin } from "./files/saveEncoder.ts"
export { tensorSources, type WeightDtype } from "./files/tensorSource.ts"
export {
  type DeepTokenClassifier,
  type LoadedTokenClassifier,
  loadTokenClassifier,
  saveTokenClassifier,
  type TokenClassifier
} from "./files/tokenClassifier.ts"
export { checkTokenHead, hasLinearLabels } from "./files/tokenHead.ts"
export { type FromPretrainedOptions, fromPretrained, resolveModel } from "./hub/fromPretrained.ts"
export { type HubSettings, hubSettings } from "./hub/HubSettings.ts"
export { encoderLayout, type ModelLayout } from "./hub/ModelLayout.ts"
export { hiddenStates } from "./inference/hiddenStates.ts"
export type { Inference } from "./inference/Inference.ts"
export {
  type LoadedAdapter,
  loadAdapter,
  type SaveAdapterOptions,
  saveAdapter
} from "./lora/adapterFiles.ts"
export { type LoraOptions, type LoraSettings, loraFields, loraSettings } from "./lora/LoraOptions.ts"
export { type AddLoraOptions, addLora, mergeLora } from "./lora/lora.ts"
export { copyEncoder, type Encoder, type EncoderParts, makeEncoder, randomEncoder } from "./model/Encoder.ts"
export { type ForwardOptions, forward } from "./model/forward.ts"
export { FrozenLayers, freezeEncoder, frozenLayersHelp, frozenLayersOf } from "./model/frozenLayers.ts"
export { initEncoder } from "./model/initEncoder.ts"
export type { Model } from "./model/Model.ts"
export { bottomParameters, countParameters, type ParameterSpec, parameterSpecs } from "./model/parameterSpecs.ts"
export { type TokenBatch, tokenBatch } from "./model/TokenBatch.ts"
export type { Encoding, WordEncoding } from "./tokenizer/Encoding.ts"
export { loadTokenizer } from "./tokenizer/loadTokenizer.ts"
export type { SpecialToken, SpecialTokens } from "./tokenizer/SpecialTokens.ts"
export { Tokenizer } from "./tokenizer/Tokenizer.ts"
export { tokenizerFiles } from "./tokenizer/tokenizerFiles.ts"
export { trainByteLevelBpe, trainWordPiece } from "./tokenizer/trainTokenizer.ts"
export { type OpenedEncoder, openEncoder, type ReadFile } from "./web/openEncoder.ts"
