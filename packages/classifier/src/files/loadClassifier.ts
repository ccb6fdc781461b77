import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { type Encoder, loadEncoder, loadTokenClassifier } from "@nuner/encoder"
import { readSafetensors, tf } from "@nuner/engine"
import type { Head } from "../head/Head.ts"
import { NONE, schemeOf } from "../labels/classes.ts"
import { type TokenClassifier, tokenClassifier } from "../predict/tokenClassifier.ts"
import { headOf } from "./headOf.ts"
import { HEAD_FILE, parseSettings, partsOf, SETTINGS_FILE, type Settings } from "./settings.ts"

/**
 * Loads a model directory that `saveClassifier` wrote, or any `RobertaForTokenClassification` or
 * `BertForTokenClassification` in safetensors: that one reads a word by its first sub-token, as most were trained. The
 * caller disposes the classifier.
 *
 * @throws InputError, SafetensorsError: one line that names file and field
 */
export const loadClassifier = async (directory: string): Promise<TokenClassifier> => {
  const path = join(directory, SETTINGS_FILE)
  if (!existsSync(path)) return loadForeign(directory)
  const settings = parseSettings(await readFile(path, "utf8"), path)
  if (settings.head === "model") {
    const { encoder, head } = await loadInModel(directory)
    return orDispose(encoder, () => {
      if (head.classes.join("\n") !== settings.classes.join("\n")) {
        const reason = `are not the labels of config.json (${head.classes.join(", ")})`
        throw new InputError({ source: path, field: "classes", reason, remedy: "the files are of two models" })
      }
      return tokenClassifier({ encoder, head, ...partsOf(settings) })
    })
  }
  const encoder = await loadEncoder(directory)
  return orDispose(encoder, async () => {
    const head = await readHead(join(directory, HEAD_FILE), settings, encoder.config.hidden * settings.layers.length)
    return tokenClassifier({ encoder, head, ...partsOf(settings) })
  })
}

const loadForeign = async (directory: string): Promise<TokenClassifier> => {
  const { encoder, head } = await loadInModel(directory)
  return orDispose(encoder, () => {
    if (!head.classes.includes(NONE)) {
      const reason = `names no label "${NONE}" (${head.classes.slice(0, 5).join(", ")})`
      throw new InputError({ source: join(directory, "config.json"), field: "id2label", reason })
    }
    return tokenClassifier({ encoder, head, scheme: schemeOf(head.classes) })
  })
}

const loadInModel = async (directory: string): Promise<{ encoder: Encoder; head: Head }> => {
  const { encoder, kernel, bias, labels } = await loadTokenClassifier(directory)
  const head = {
    classes: labels,
    kernel: Float32Array.from(await kernel.data()),
    bias: Float32Array.from(await bias.data())
  }
  tf.dispose([kernel, bias])
  return { encoder, head }
}

const readHead = async (path: string, settings: Settings, width: number): Promise<Head> => {
  if (!existsSync(path)) throw new InputError({ source: path, reason: "is missing", remedy: "save the model again" })
  const file = await readSafetensors(path)
  try {
    return await headOf(path, file, settings, width)
  } finally {
    await file.close()
  }
}

/** What `make` gives; the encoder is freed where it fails. */
const orDispose = async <A>(encoder: Encoder, make: () => A | Promise<A>): Promise<A> => {
  try {
    return await make()
  } catch (error) {
    encoder.dispose()
    throw error
  }
}
