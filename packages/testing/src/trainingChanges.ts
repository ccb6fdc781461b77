/** A value of an option that changes a run, and what the run must have besides for it to matter. */
export interface OptionChange {
  readonly to: unknown
  readonly beside?: Readonly<Record<string, unknown>>
}
export type OptionChanges = Readonly<Record<string, OptionChange>>

/** Of the options that every training has, but `checkpointLayers`, which changes no number. */
export const trainingChanges: OptionChanges = {
  learningRate: { to: 1e-3 },
  batchSize: { to: 2 },
  accumulate: { to: 2 },
  warmup: { to: 0.9 },
  schedule: { to: "cosine" },
  decay: { to: 0.9, beside: { schedule: "stable" } },
  weightDecay: { to: 0.5 },
  beta1: { to: 0.5 },
  beta2: { to: 0.9 },
  epsilon: { to: 1e-2 },
  clip: { to: 1e-3 },
  frozenLayers: { to: 1 },
  dropout: { to: 0.3 },
  validation: { to: 0.5 },
  validateEvery: { to: 1 },
  // At such a rate no validation after the first is better than it.
  patience: { to: 1, beside: { learningRate: 1, warmup: 0, validateEvery: 1 } },
  // A rate that climbs out of any optimum: the last weights are not the best.
  weights: { to: "best", beside: { learningRate: 0.3, warmup: 1, validateEvery: 1, checkpoint: true } },
  seed: { to: 2 },
  // The encoder's own weights are let alone, so that what changes them is merged into them at the end.
  loraRank: { to: 2 },
  loraAlpha: { to: 1, beside: { loraRank: 2 } },
  loraDropout: { to: 0.5, beside: { loraRank: 2, dropout: 0.1 } },
  loraTargets: { to: ["query"], beside: { loraRank: 2 } }
}
