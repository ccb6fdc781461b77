import { rm } from "node:fs/promises"
import type { CheckpointOptions } from "@nuner/engine"

/** Where a stage keeps the checkpoints of its training: beside its artefact, until that is written. */
export const checkpoints = (out: string, every = 200): CheckpointOptions & { remove(): Promise<void> } => {
  const directory = `${out}.checkpoints`
  return { directory, every, keep: 1, remove: () => rm(directory, { recursive: true, force: true }) }
}
