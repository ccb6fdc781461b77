import { OptionError } from "@nuner/core"
import { bottomParameters, type Encoder, type FrozenLayers, freezeEncoder, frozenLayersOf } from "@nuner/encoder"
import type { TadNerModel } from "../model/TadNerModel.ts"
import { LowerLayers } from "./LowerLayers.ts"
import { depthOf, type Phi } from "./states.ts"

/** The frozen bottoms of a model's networks. */
export interface FrozenLower {
  /** One and the same where both networks have the same bottom: then a sentence is encoded once for both. */
  readonly lower: { readonly detector: LowerLayers | undefined; readonly classifier: LowerLayers | undefined }
  /** Makes trainable again what was before. */
  thaw(): void
}

export interface FreezeOptions {
  /** Embeddings and this many bottom layers, or half of them. */
  readonly frozenLayers: FrozenLayers
  /** Which layers the classifier's vectors are made of. */
  readonly phi: Phi
  /** Whose option it is. */
  readonly component: string
}

/** @throws OptionError for more frozen layers than leave something to train and to average */
export const freezeLower = (
  { classifier, detector }: TadNerModel,
  { component, frozenLayers, phi }: FreezeOptions
): FrozenLower => {
  const frozen = frozenLayersOf(classifier.config, frozenLayers, component)
  if (frozen === undefined) return { lower: { detector: undefined, classifier: undefined }, thaw: () => {} }
  const networks = [
    { encoder: detector.encoder, depth: 1 },
    { encoder: classifier, depth: depthOf(phi, classifier.config.layers) }
  ]
  for (const { depth, encoder } of networks) {
    const { layers } = encoder.config
    const most = Math.min(layers - 1, layers - depth + 1)
    if (frozen <= most) continue
    const reason = `${frozen} of ${layers} layers; with phi "${phi}" at most ${most}`
    throw new OptionError({ component, option: "frozenLayers", reason })
  }
  const thaws = networks.map(({ encoder }) => freezeEncoder(encoder, frozen))
  const one = new LowerLayers(classifier, frozen)
  return {
    lower: {
      detector: haveSameBottom(frozen, classifier, detector.encoder) ? one : new LowerLayers(detector.encoder, frozen),
      classifier: one
    },
    thaw: () => {
      for (const thaw of thaws) thaw()
    }
  }
}

const haveSameBottom = (layers: number, a: Encoder, b: Encoder): boolean =>
  JSON.stringify(a.config) === JSON.stringify(b.config) &&
  bottomParameters(a.config, layers).every((name) => {
    const [mine, theirs] = [a.parameters[name]!.dataSync(), b.parameters[name]!.dataSync()]
    return mine.every((value, i) => value === theirs[i])
  })
