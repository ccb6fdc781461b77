import { OptionError } from "@nuner/core"
import * as Schema from "effect/Schema"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { isAdapter } from "../lora/adapterOf.ts"
import type { Model } from "./Model.ts"
import { bottomParameters } from "./parameterSpecs.ts"

/**
 * What of an encoder stays as it is while it is trained: its `"embeddings"`, these and so many bottom layers, or these and the bottom
 * `"half"` of its layers, rounded down (NuNER, section 3.2). 0: nothing.
 */
export const FrozenLayers = Schema.Union([Schema.Natural, Schema.Literals(["half", "embeddings"])])
export type FrozenLayers = typeof FrozenLayers.Type

/** What is said of it where a training has it among its options. */
export const frozenLayersHelp =
  'what stays as it is: "embeddings", these and a number of bottom layers, or "half" of them; 0: everything is trained'

/**
 * How many layers that is, the embeddings with them; undefined where nothing is frozen.
 *
 * @param component whose option it is
 * @throws OptionError for more layers than there are
 */
export const frozenLayersOf = (
  { layers }: EncoderConfig,
  frozen: FrozenLayers,
  component: string
): number | undefined => {
  if (frozen === 0) return undefined
  if (frozen === "embeddings") return 0
  if (frozen === "half") return Math.floor(layers / 2)
  if (frozen <= layers) return frozen
  const reason = `the encoder has ${layers} layers, not ${frozen}`
  throw new OptionError({ component, option: "frozenLayers", reason })
}

/**
 * Makes untrainable what stays as it is: embeddings and bottom layers, and of a model with adapters everything but these. What it
 * gives makes it trainable again.
 *
 * @param frozenLayers as `frozenLayersOf` gives it
 */
export const freezeEncoder = (model: Model, frozenLayers: number | undefined): (() => void) => {
  const bottom = new Set(frozenLayers === undefined ? [] : bottomParameters(model.config, frozenLayers))
  const frozen = Object.entries(model.parameters).filter(
    ([name, { trainable }]) => trainable && (bottom.has(name) || (model.lora !== undefined && !isAdapter(name)))
  )
  for (const [, parameter] of frozen) parameter.trainable = false
  return () => {
    for (const [, parameter] of frozen) parameter.trainable = true
  }
}
