import { join } from "node:path"
import { normalInit, tf } from "@nuner/engine"
import {
  addLora,
  type Encoder,
  loadEncoder,
  loadTokenClassifier,
  loraSettings,
  saveAdapter,
  type TokenClassifier
} from "../../src/index.ts"

/** The bases among ../fixtures, and which of their layers have adapters. */
export const cases = {
  roberta: { base: "roberta", targets: undefined, head: false },
  mpnet: { base: "backbones/mpnet", targets: ["*"], head: false },
  "bert-token-classification": { base: "bert-token-classification", targets: ["key", "output.dense"], head: true }
} as const

export type Case = keyof typeof cases

export const baseOf = (name: Case): string => join(import.meta.dir, "../fixtures", cases[name].base)

/** Loads a case's base: an encoder, and the head over it where it has one. */
export const loadBase = async (name: Case): Promise<{ encoder: Encoder; head?: TokenClassifier }> => {
  if (!cases[name].head) return { encoder: await loadEncoder(baseOf(name)) }
  const head = await loadTokenClassifier(baseOf(name))
  return { encoder: head.encoder, head }
}

/** A model with adapters that change its numbers: the same on every call. */
export const adapted = async (name: Case): Promise<{ encoder: Encoder; head?: TokenClassifier }> => {
  const { encoder: base, head } = await loadBase(name)
  const { targets } = cases[name]
  const lora = loraSettings("test", { loraRank: 3, loraAlpha: 5, ...(targets && { loraTargets: targets }) })!
  const encoder = addLora(base, lora, { seed: 4 })
  for (const [one, parameter] of Object.entries(encoder.parameters)) {
    if (!one.endsWith("lora_B.weight")) continue
    tf.tidy(() => parameter.assign(normalInit(parameter.shape, { seed: 5, name: one }, 0.3)))
  }
  return head === undefined ? { encoder } : { encoder, head: { ...head, encoder } }
}

// `bun adapters.ts DIRECTORY` writes them for adapters.py.
if (import.meta.main) {
  const directory = process.argv[2]
  if (!directory) throw new Error("usage: bun adapters.ts DIRECTORY")
  for (const name of Object.keys(cases) as Array<Case>) {
    const { encoder, head } = await adapted(name)
    await saveAdapter(join(directory, name), head ?? encoder, { base: cases[name].base })
  }
}
