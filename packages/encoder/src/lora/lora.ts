import { OptionError } from "@nuner/core"
import { fanInInit, tf } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Model } from "../model/Model.ts"
import { bottomParameters, parameterSpecs } from "../model/parameterSpecs.ts"
import { adapterNames, adapterOf, isAdapter } from "./adapterOf.ts"
import type { LoraSettings } from "./LoraOptions.ts"

export interface AddLoraOptions {
  /** Of the first values of A, which depend on it and the layer's name alone. Default 0. */
  readonly seed?: number
  /** Embeddings and this many bottom layers are not trained and get none. Default: no layer is left out. */
  readonly frozenLayers?: number | undefined
}

/**
 * Puts fresh adapters beside linear layers (LoRA, Hu et al. 2021): A `[in, rank]` normal, B `[rank, out]` 0, so that the model computes
 * what it did. They join the model's parameters, and are freed with them; `freezeEncoder` freezes all others.
 *
 * @throws OptionError for a target that no linear layer has, and for a model that has adapters already
 */
export const addLora = <M extends Model>(
  model: M,
  lora: LoraSettings,
  { frozenLayers, seed = 0 }: AddLoraOptions = {}
): M & { readonly lora: LoraSettings } => {
  checkPlain("lora", model)
  const frozen = new Set(frozenLayers === undefined ? [] : bottomParameters(model.config, frozenLayers))
  const layers = targetLayers(model.config, lora.targets).filter(({ name }) => !frozen.has(`${name}.weight`))
  if (layers.length === 0)
    throw targetsError(`${lora.targets.join(", ")}: in frozen layers only`, "freeze fewer layers")
  for (const { name, shape } of layers) {
    const { a, b } = adapterNames(name)
    model.parameters[a] = tf.tidy(() => tf.variable(fanInInit([shape[0]!, lora.rank], { seed, name: a })))
    model.parameters[b] = tf.tidy(() => tf.variable(tf.zeros([lora.rank, shape[1]!])))
  }
  return { ...model, lora }
}

/** @throws OptionError for a model that has adapters: others would take their place, and of these be lost what was learned */
export const checkPlain = (component: string, { parameters }: Model): void => {
  if (!Object.keys(parameters).some(isAdapter)) return
  const remedy = "put them into its weights first: mergeLora"
  throw new OptionError({ component, option: "encoder", reason: "has adapters already", remedy })
}

interface LinearLayer {
  /** Without `.weight`. */
  readonly name: string
  /** `[in, out]` */
  readonly shape: ReadonlyArray<number>
}

export const linearLayers = (config: EncoderConfig): Array<LinearLayer> =>
  parameterSpecs(config)
    .filter(({ transposed }) => transposed)
    .map(({ name, shape }) => ({ name: name.replace(/\.weight$/, ""), shape }))

const targetLayers = (config: EncoderConfig, targets: ReadonlyArray<string>): Array<LinearLayer> => {
  const layers = linearLayers(config)
  const found = targets.map((target) => {
    const escaped = target.replace(/[.+?^${}()[\]\\]/g, "\\$&").replaceAll("*", ".*")
    const ending = new RegExp(`(^|\\.)(${escaped})$`)
    const meant = layers.filter(({ name }) => ending.test(name))
    if (meant.length > 0) return new Set(meant)
    const known = new Set(layers.map(({ name }) => name.replace(/^.*\.\d+\./, "")))
    throw targetsError(`no linear layer is called "${target}"`, `there are ${[...known].join(", ")}`)
  })
  return layers.filter((layer) => found.some((meant) => meant.has(layer)))
}

const targetsError = (reason: string, remedy: string): OptionError =>
  new OptionError({ component: "lora", option: "loraTargets", reason, remedy })

/** The weights beside which adapters of those settings stand, by name. @throws OptionError for a target that no linear layer has */
export const adaptedWeights = (config: EncoderConfig, { targets }: LoraSettings): ReadonlySet<string> =>
  new Set(targetLayers(config, targets).map(({ name }) => `${name}.weight`))

/** A weight as others know it: with its adapter in it, `W + s A B`. A tensor of its own. */
export const mergedWeight = (model: Model, name: string): tf.Tensor => {
  const weight = model.parameters[name]!
  const adapter = adapterOf(model, name.replace(/\.weight$/, ""))
  if (adapter === undefined) return tf.clone(weight)
  const { a, b, scale } = adapter
  return tf.tidy(() => tf.add(weight, tf.mul(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), scale)))
}

/** What `use` makes of the weights as others know them, by name. */
export const withMergedWeights = async <A>(
  model: Model,
  use: (weights: Readonly<Record<string, tf.Tensor>>) => Promise<A>
): Promise<A> => {
  const adapted = linearLayers(model.config).filter(({ name }) => adapterOf(model, name))
  const merged = Object.fromEntries(
    adapted.map(({ name }) => [`${name}.weight`, mergedWeight(model, `${name}.weight`)])
  )
  try {
    return await use({ ...model.parameters, ...merged })
  } finally {
    tf.dispose(merged)
  }
}

/**
 * Puts the adapters into the weights and frees them. The weights' variables stay the same: a model that shares them has learned what
 * the adapters did.
 */
export const mergeLora = (model: Model): void => {
  for (const { name } of linearLayers(model.config)) {
    if (adapterOf(model, name) === undefined) continue
    tf.tidy(() => model.parameters[`${name}.weight`]!.assign(mergedWeight(model, `${name}.weight`)))
    for (const one of Object.values(adapterNames(name))) {
      model.parameters[one]!.dispose()
      delete model.parameters[one]
    }
  }
}
