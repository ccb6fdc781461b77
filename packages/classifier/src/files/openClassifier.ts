import { InputError } from "@nuner/core"
import { checkTokenHead, openEncoder, type ReadFile } from "@nuner/encoder"
import { type OnnxRuntime, ordinaryGraphs, safetensorsOf } from "@nuner/engine"
import type { Head } from "../head/Head.ts"
import { schemeOf } from "../labels/classes.ts"
import { type TokenClassifier, tokenClassifier } from "../predict/tokenClassifier.ts"
import { headOf, turned } from "./headOf.ts"
import { HEAD_FILE, parseSettings, partsOf, SETTINGS_FILE, type Settings } from "./settings.ts"

export interface OpenOptions {
  /** onnxruntime-web, or another package with its interface. */
  readonly runtime: OnnxRuntime
  /** How a file is read. Default: fetched from `<directory>/<name>`. */
  readonly read?: ReadFile
  /** Threads of the runtime; more than one asks for a page that is isolated from others. Default 1. */
  readonly threads?: number
}

/**
 * A model directory where there is no engine, as in a browser: what `loadClassifier` reads, for prediction alone. The caller disposes the
 * classifier.
 *
 * @param directory a URL, without the slash at its end
 * @throws InputError, SafetensorsError
 */
export const openClassifier = async (
  directory: string,
  { read = fetched(directory), runtime, threads = 1 }: OpenOptions
): Promise<TokenClassifier> => {
  const given = await read(SETTINGS_FILE)
  const path = `${directory}/${SETTINGS_FILE}`
  const settings = given && parseSettings(new TextDecoder().decode(given), path)
  const { checkpoint, dispose, encoder, json } = await openEncoder(directory, read, ordinaryGraphs(runtime, threads))
  try {
    const width = encoder.config.hidden * (settings?.layers.length ?? 1)
    const inModel = async (): Promise<Head> => {
      checkTokenHead(encoder.config, checkpoint)
      const labels = Object.values((json.id2label ?? {}) as Record<string, string>)
      const { values } = await checkpoint.read("classifier.weight", [width, labels.length], true)
      const bias = (await checkpoint.read("classifier.bias", [labels.length], false)).values
      return { classes: labels, kernel: turned(values, labels.length, width), bias }
    }
    const head = settings?.head === "file" ? await readHead(directory, read, settings, width) : await inModel()
    const parts = settings ? partsOf(settings) : { scheme: schemeOf(head.classes) }
    return tokenClassifier({ encoder: { ...encoder, dispose }, head, ...parts })
  } catch (error) {
    dispose()
    throw error
  }
}

const readHead = async (directory: string, read: ReadFile, settings: Settings, width: number): Promise<Head> => {
  const path = `${directory}/${HEAD_FILE}`
  const bytes = await read(HEAD_FILE)
  if (bytes === undefined) throw new InputError({ source: path, reason: "is missing", remedy: "save the model again" })
  return headOf(path, await safetensorsOf(path, bytes), settings, width)
}

const fetched =
  (directory: string): ReadFile =>
  async (name) => {
    const response = await fetch(`${directory}/${name}`)
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
    if (response.status === 404) return undefined
    throw new InputError({ source: `${directory}/${name}`, reason: `cannot be read (HTTP ${response.status})` })
  }
