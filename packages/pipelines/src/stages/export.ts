import { existsSync } from "node:fs"
import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { modelCard, type OnnxType, onnxFile, replaceDirectory, type WeightDtype } from "@nuner/encoder"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { loadExportable } from "../inputs/loadExportable.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"
import { resolveEncoder } from "./resolveEncoder.ts"

export interface ExportStageOptions {
  /** A model directory (an encoder, a token classifier, ours or another's), or a name on the hub. */
  readonly model: string
  /** The directory to write, another than the model's. */
  readonly out: string
  /** ONNX networks to write for transformers.js. Default none. */
  readonly onnx?: ReadonlyArray<OnnxType>
  /** Weights of `model.safetensors`. Default F32. */
  readonly dtype?: WeightDtype
  /** Leaves a head out. Default false. */
  readonly encoderOnly?: boolean
}

/**
 * A directory that Python's transformers and, with `onnx`, transformers.js load as it stands; of a zero-shot model one that GLiNER's Python does. The model card is that of the model, where it
 * has one. Whole or not at all; networks that lay in the directory from before are removed.
 */
export const exportStage = Effect.fn("exportStage")(function* (options: ExportStageOptions) {
  const { dtype = "F32", encoderOnly = false, model, onnx = [], out } = options
  const progress = yield* Progress
  const directory = yield* resolveEncoder("export", model)
  return yield* runStage({
    name: "export",
    manifest: `${out}.manifest.json`,
    settings: plain({ model, onnx, dtype, encoderOnly }),
    inputs: [directory],
    artefacts: [out],
    models: [out],
    large: true,
    work: attempt("export", async (signal) => {
      const exportable = await loadExportable(directory, encoderOnly)
      const { labels, notes, unused, what } = exportable
      try {
        for (const note of notes) progress.say(`${"export".padEnd(10)} note: ${note}`)
        const card = await cardOf(directory, labels)
        let written: ReadonlyArray<string> = []
        await replaceDirectory(out, async (fresh) => {
          for (const [done, type] of onnx.entries()) {
            progress.update({ stage: "export", done, total: onnx.length + 1, note: type })
            signal.throwIfAborted()
            await exportable.exportOnnx(fresh, { types: [type] })
          }
          await exportable.save(fresh, { dtype, card })
          written = await readdir(fresh, { recursive: true })
        })
        await removeOthers(out, written)
        const networks = onnx.length === 0 ? "" : `, ONNX ${onnx.join(", ")}`
        const left = unused.length === 0 ? "" : `; left out: ${unused.join(", ")}`
        return {
          counts: { networks: { in: onnx.length + 1, out: onnx.length + 1, dropped: {} } },
          summary: `${what}, safetensors ${dtype}${networks}${left}`
        }
      } finally {
        exportable.dispose()
      }
    })
  })
})

const cardOf = async (directory: string, labels: ReadonlyArray<string>): Promise<string> => {
  const path = join(directory, "README.md")
  if (existsSync(path)) return readFile(path, "utf8")
  return modelCard({
    name: "An exported model",
    description: labels.length === 0 ? "A text encoder." : `Token classes: ${labels.join(", ")}.`,
    license: "unknown",
    ...(labels.length === 0 ? {} : { task: "token-classification" })
  })
}

/** An earlier export's networks and head are of other weights. */
const removeOthers = async (out: string, written: ReadonlyArray<string>): Promise<void> => {
  for (const name of [...Object.values(onnxFile), "nuner.json", "head.safetensors"]) {
    if (!written.includes(name)) await rm(join(out, name), { force: true })
  }
}
