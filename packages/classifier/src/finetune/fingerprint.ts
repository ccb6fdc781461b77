import { createHash } from "node:crypto"
import type { Encoder } from "@nuner/encoder"
import type { TrainingSentence } from "./examples.ts"
import type { FineTuneOptions } from "./FineTuneOptions.ts"

/** What makes a run this run: settings, data, and the encoder that it starts from. */
export const fingerprint = async (
  { checkpoints: _, checkpointEvery: __, ...settings }: FineTuneOptions,
  { config, parameters }: Pick<Encoder, "config" | "parameters">,
  ...data: ReadonlyArray<ReadonlyArray<TrainingSentence> | undefined>
): Promise<string> => {
  const hash = createHash("sha256")
  hash.update(JSON.stringify([settings, config]))
  for (const sentences of data) {
    for (const { words, entities, ignored } of sentences ?? []) hash.update(JSON.stringify([words, entities, ignored]))
    hash.update("|")
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    const values = await parameter.data()
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return hash.digest("hex")
}
