import type { CheckpointOptions } from "@nuner/engine"

/** Where a stage keeps the checkpoints of its training: beside its artefact. */
export const checkpoints = (out: string, every = 200): CheckpointOptions => ({
  directory: `${out}.checkpoints`,
  every,
  keep: 1
})
