// runs in CI
/**
 * Writes a small random token classifier in every form that the recipes read: `bun examples/recipes/writeModel.ts DIRECTORY`.
 * Your own comes from a training run; its labels here mean nothing.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { exportOnnx, modelCard, randomEncoder, saveTokenClassifier, small, trainByteLevelBpe } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"

export const writeModel = async (directory: string): Promise<void> => {
  await useEngine()
  const texts = [
    "Marie Curie was born in Warsaw.",
    "The Rhine flows through Basel and Cologne.",
    "Ada Lovelace met Babbage in London."
  ]
  const tokenizer = await trainByteLevelBpe(texts, { vocabSize: 300 })
  const encoder = randomEncoder(small({ hidden: 32, layers: 2, positions: 66, initializerRange: 0.3 }), tokenizer, 1)
  const labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
  const [kernel, bias] = [tf.randomNormal([32, labels.length], 0, 1, "float32", 2), tf.zeros([labels.length])]
  const card = modelCard({
    name: "A random model",
    description: "For trying things out.",
    license: "apache-2.0",
    task: "token-classification"
  })
  await saveTokenClassifier(directory, { encoder, kernel, bias, labels }, { card })
  await exportOnnx(directory, { encoder, kernel, bias, labels }, { types: ["fp32", "int8"] })
  tf.dispose([kernel, bias])
  encoder.dispose()
}

if (import.meta.main) {
  const given = process.argv[2]
  const directory = given ?? (await mkdtemp(join(tmpdir(), "nuner-model-")))
  await writeModel(directory)
  console.log(`wrote ${directory}`)
  if (given === undefined) await rm(directory, { recursive: true })
}
