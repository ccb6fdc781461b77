import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { tf } from "@nuner/engine"
import { loadEncoder, saveEncoder, saveTokenClassifier, type TokenClassifier } from "../../src/index.ts"
import { tiny } from "../tiny.ts"

const labels = ["O", "B-PER", "I-PER"]

/** The models whose exports Python reads: the same on every call. */
export const exported = (architecture: "roberta" | "bert"): TokenClassifier => ({
  encoder: tiny(architecture, 11),
  kernel: tf.tensor2d(
    Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
    [16, 3]
  ),
  bias: tf.tensor1d([0.1, -0.2, 0.3]),
  labels
})

// `bun exported.ts DIRECTORY` writes them for check_export.py.
if (import.meta.main) {
  const directory = process.argv[2]
  if (!directory) throw new Error("usage: bun exported.ts DIRECTORY")
  for (const architecture of ["roberta", "bert"] as const) {
    const model = exported(architecture)
    await saveEncoder(`${directory}/${architecture}`, model.encoder)
    await saveTokenClassifier(`${directory}/${architecture}-token-classification`, model)
    await saveEncoder(`${directory}/${architecture}-f16`, model.encoder, { dtype: "F16" })
  }
  const fixtures = join(import.meta.dir, "../fixtures/backbones")
  for (const name of await readdir(fixtures)) {
    if (name.endsWith(".safetensors")) continue
    await saveEncoder(`${directory}/backbones/${name}`, await loadEncoder(join(fixtures, name)))
  }
}
