import { InputError } from "@nuner/core"
import { type OpenGraph, safetensorsOf } from "@nuner/engine"
import { type Checkpoint, checkpointOf } from "../files/Checkpoint.ts"
import { encoderSettings, storedWeights } from "../files/encoderSettings.ts"
import type { Inference } from "../inference/Inference.ts"
import { readStates, statesModel } from "../inference/states.ts"
import type { EncoderParts } from "../model/Encoder.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { parseTokenizerSettings, withSettings } from "../tokenizer/tokenizerSettings.ts"

/** Reads a file of a model directory; undefined where it has none of that name. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>

/** An encoder that reads, without an engine: it has no tensors. */
export interface OpenedEncoder {
  readonly encoder: EncoderParts
  /** config.json as it stands. */
  readonly json: Record<string, unknown>
  /** The weights' file, for what stands beside the encoder's own. */
  readonly checkpoint: Checkpoint
  /** Frees the compiled network. */
  dispose(): void
}

/**
 * Opens a Hugging Face directory from wherever its files are: `config.json`, `model.safetensors`, `tokenizer.json`.
 *
 * @param source the directory's name, for errors
 * @param openGraph what compiles the network: `ordinaryGraphs` of an ONNX Runtime
 * @throws InputError, SafetensorsError
 */
export const openEncoder = async (source: string, read: ReadFile, openGraph: OpenGraph): Promise<OpenedEncoder> => {
  const need = async (name: string): Promise<Uint8Array> => {
    const bytes = await read(name)
    if (bytes !== undefined) return bytes
    throw new InputError({ source, reason: `holds no ${name}`, remedy: "give a directory that nuner export wrote" })
  }
  const text = async (name: string) => new TextDecoder().decode(await need(name))
  const loadTokenizer = async () => {
    const [json, name] = [await text("tokenizer.json"), `${source}/tokenizer.json`]
    const config = await read("tokenizer_config.json")
    if (config === undefined) return Tokenizer.fromJson(json, name)
    const settings = parseTokenizerSettings(new TextDecoder().decode(config), `${source}/tokenizer_config.json`)
    return Tokenizer.fromJson(withSettings(json, name, settings), name)
  }
  const { config, json, tokenizer } = await encoderSettings(
    await text("config.json"),
    `${source}/config.json`,
    loadTokenizer
  )
  const file = await safetensorsOf(`${source}/model.safetensors`, await need("model.safetensors"))
  const checkpoint = checkpointOf(source, config, [file])
  const session = await openGraph(await statesModel(config, await storedWeights(config, checkpoint)))
  const inference: Inference = {
    states: (batch, layers) => readStates(session, config, batch, layers),
    dispose: () => session.release()
  }
  return { encoder: { config, tokenizer, inference, parameters: {} }, json, checkpoint, dispose: inference.dispose }
}
