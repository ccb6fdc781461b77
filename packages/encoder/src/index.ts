export { parseConfigJson, toConfigJson } from "./config/configJson.ts"
export { type Architecture, checkConfig, type EncoderConfig, maxTokens } from "./config/EncoderConfig.ts"
export { bertBase, robertaBase, robertaLarge, small } from "./config/presets.ts"
export { type Bucket, bucketByLength } from "./encode/bucketByLength.ts"
export { EncodeOptions } from "./encode/EncodeOptions.ts"
export { type EncodedText, encode } from "./encode/encode.ts"
export { planWindows, type Window } from "./encode/planWindows.ts"
export { mergeWindows, type RunOptions, runWindows, type WindowResult } from "./encode/runWindows.ts"
export { type LoadedEncoder, loadEncoder } from "./files/loadEncoder.ts"
export { type SaveOptions, saveEncoder } from "./files/saveEncoder.ts"
export type { WeightDtype } from "./files/tensorSource.ts"
export {
  type LoadedTokenClassifier,
  loadTokenClassifier,
  saveTokenClassifier,
  type TokenClassifier
} from "./files/tokenClassifier.ts"
export { type FromPretrainedOptions, fromPretrained, resolveModel } from "./hub/fromPretrained.ts"
export { type HubSettings, hubSettings } from "./hub/HubSettings.ts"
export { type Encoder, makeEncoder, randomEncoder } from "./model/Encoder.ts"
export { type ForwardOptions, forward, type Model } from "./model/forward.ts"
export { initEncoder } from "./model/initEncoder.ts"
export { bottomParameters, countParameters, type ParameterSpec, parameterSpecs } from "./model/parameterSpecs.ts"
export { type TokenBatch, tokenBatch } from "./model/TokenBatch.ts"
export type { Encoding, WordEncoding } from "./tokenizer/Encoding.ts"
export { loadTokenizer } from "./tokenizer/loadTokenizer.ts"
export type { SpecialToken, SpecialTokens } from "./tokenizer/SpecialTokens.ts"
export { Tokenizer } from "./tokenizer/Tokenizer.ts"
export { trainByteLevelBpe, trainWordPiece } from "./tokenizer/trainTokenizer.ts"
