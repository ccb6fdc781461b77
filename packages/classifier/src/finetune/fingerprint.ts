import { createHash } from "node:crypto"
import type { LabelledSentence } from "@nuner/core"
import type { EncoderConfig } from "@nuner/encoder"
import type { FineTuneOptions } from "./FineTuneOptions.ts"

/** What makes a run this run: settings, data and the encoder's sizes. Its weights are not looked at. */
export const fingerprint = (
  { checkpoints: _, checkpointEvery: __, ...settings }: FineTuneOptions,
  config: EncoderConfig,
  ...data: ReadonlyArray<ReadonlyArray<LabelledSentence> | undefined>
): string => {
  const hash = createHash("sha256")
  hash.update(JSON.stringify([settings, config]))
  for (const sentences of data) {
    for (const { words, entities } of sentences ?? []) hash.update(JSON.stringify([words, entities]))
    hash.update("|")
  }
  return hash.digest("hex")
}
