import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Dense, loadClassifier, saveClassifier, type TokenClassifier } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import {
  type ExportOnnxOptions,
  exportOnnx,
  hasLinearLabels,
  loadEncoder,
  loadTokenClassifier,
  parseConfigJson,
  type SaveOptions,
  saveEncoder,
  saveTokenClassifier
} from "@nuner/encoder"
import { tf } from "@nuner/engine"
import { exportGliner, loadGliner, saveGliner } from "@nuner/zeroshot"

/** A model that other stacks have a layout for. */
export interface Exportable {
  /** In a few words: "encoder". */
  readonly what: string
  readonly labels: ReadonlyArray<string>
  /** Tensors of the checkpoint that no layout here has a place for. */
  readonly unused: ReadonlyArray<string>
  /** What will be read otherwise than here. */
  readonly notes: ReadonlyArray<string>
  save(directory: string, options: SaveOptions): Promise<void>
  /** Adds its network in ONNX. */
  exportOnnx(directory: string, options: ExportOnnxOptions): Promise<void>
  dispose(): void
}

/**
 * An encoder, a token classifier in Hugging Face's layout, one of ours, or a zero-shot model in GLiNER's: whichever the directory holds.
 *
 * @param encoderOnly without its head
 * @throws InputError for a model of two networks
 */
export const loadExportable = async (directory: string, encoderOnly: boolean): Promise<Exportable> => {
  if (existsSync(join(directory, "tadner.json"))) {
    const remedy = `export ${join(directory, "detector")} (finds spans) or ${join(directory, "classifier")} (an encoder)`
    throw new InputError({ source: directory, reason: "is a TadNER model: two networks and how to adapt them", remedy })
  }
  if (existsSync(join(directory, "gliner_config.json"))) return ofGliner(directory, encoderOnly)
  if (encoderOnly) return ofEncoder(directory)
  if (existsSync(join(directory, "nuner.json"))) return ofClassifier(directory)
  return (await hasHead(directory)) ? ofTokenClassifier(directory) : ofEncoder(directory)
}

const hasHead = async (directory: string): Promise<boolean> => {
  const path = join(directory, "config.json")
  if (!existsSync(path)) return false
  const text = await readFile(path, "utf8")
  parseConfigJson(text, path)
  const { architectures } = JSON.parse(text) as { architectures?: unknown }
  return Array.isArray(architectures) && String(architectures[0]).endsWith("ForTokenClassification")
}

const ofEncoder = async (directory: string): Promise<Exportable> => {
  const encoder = await loadEncoder(directory)
  return {
    ...{ what: "encoder", labels: [], unused: encoder.unused, notes: [] },
    save: (to, options) => saveEncoder(to, encoder, options),
    exportOnnx: (to, options) => exportOnnx(to, encoder, options),
    dispose: () => encoder.dispose()
  }
}

/** A zero-shot model: GLiNER's layout is what it has here too. */
const ofGliner = async (directory: string, encoderOnly: boolean): Promise<Exportable> => {
  const model = await loadGliner(directory)
  const { encoder } = model
  const both = { labels: [], unused: [], notes: [], dispose: () => model.dispose() }
  if (encoderOnly) {
    return {
      ...{ what: "encoder", ...both },
      save: (to, options) => saveEncoder(to, encoder, options),
      exportOnnx: (to, options) => exportOnnx(to, encoder, options)
    }
  }
  return {
    ...{ what: "zero-shot model in GLiNER's layout", ...both },
    save: (to, options) => saveGliner(to, model, options),
    exportOnnx: (to, options) => exportGliner(to, model, options)
  }
}

const classifierOf = (labels: ReadonlyArray<string>): string => `token classifier of ${labels.length} labels`

const ofTokenClassifier = async (directory: string): Promise<Exportable> => {
  const model = await loadTokenClassifier(directory)
  return {
    ...{ what: classifierOf(model.labels), labels: model.labels, unused: [], notes: [] },
    save: (to, options) => saveTokenClassifier(to, model, options),
    exportOnnx: (to, options) => exportOnnx(to, model, options),
    dispose: () => model.dispose()
  }
}

const ofClassifier = async (directory: string): Promise<Exportable> => {
  const classifier = await loadClassifier(directory)
  const { encoder, head, layers, temperature } = classifier
  // The temperature goes into the head, so that every stack gives calibrated scores.
  const calibrated = { ...head, ...cooled(head, temperature) }
  const labels = head.classes
  const tensors = { ...tensorsOf(calibrated), ...(head.dense && { dense: tensorsOf(head.dense) }) }
  return {
    ...{ what: classifierOf(labels), labels, unused: [], notes: notesOf(classifier) },
    save: (to, options) => saveClassifier(to, { ...classifier, head: calibrated, temperature: 1 }, options),
    exportOnnx: (to, options) => exportOnnx(to, { encoder, ...tensors, labels, layers }, options),
    dispose: () => {
      tf.dispose(tensors)
      classifier.dispose()
    }
  }
}

const notesOf = ({ encoder, head, layers, pooling, scheme, transitions }: TokenClassifier): Array<string> => {
  const isLast = layers.length === 1 && (layers[0] === -1 || layers[0] === encoder.config.layers)
  const notes: Array<string> = []
  if (!isLast || head.dense || !hasLinearLabels(encoder.config)) {
    const only = head.dense ? "has a hidden layer" : "is one linear layer, ModernBERT's has two"
    const reads = isLast ? only : `reads the layers ${layers.join(", ")}`
    notes.push(
      `the head ${reads}: ONNX holds that; Python's transformers has no class for it (examples/recipes/head_recipe.py)`
    )
  }
  if (pooling === "mean")
    notes.push(
      'scores are those of sub-tokens there, fitted were means over words: ask for aggregation_strategy="average"'
    )
  if (scheme === "IOBES")
    notes.push(
      "pipelines there know B- and I- alone: E- and S- come out as types of their own; --scheme BIO keeps to what they know"
    )
  if (transitions)
    notes.push("each word gets its best class there; here the best sequence is found, by learned transitions")
  return notes
}

const tensorsOf = ({ bias, kernel }: Dense) => ({
  kernel: tf.tensor2d(kernel, [kernel.length / bias.length, bias.length]),
  bias: tf.tensor1d(bias)
})

const cooled = ({ bias, kernel }: Dense, temperature: number): Dense => ({
  kernel: kernel.map((value) => value / temperature),
  bias: bias.map((value) => value / temperature)
})
