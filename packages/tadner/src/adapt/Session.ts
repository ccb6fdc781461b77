import { OptionError } from "@nuner/core"
import { bottomParameters, type Encoder } from "@nuner/encoder"
import { freeze, type Parameters } from "@nuner/engine"
import { detectorParameters, type TadNerModel } from "../model/TadNerModel.ts"
import { LowerLayers } from "../network/LowerLayers.ts"
import { depthOf } from "../network/states.ts"
import type { AdaptSettings } from "../options.ts"

/** A model made ready to be adapted: what is trained of it, and what its frozen layers say. */
export interface Session {
  readonly model: TadNerModel
  readonly settings: AdaptSettings
  /** Of each stage; frozen parameters are marked as not trainable. */
  readonly parameters: { readonly detector: Parameters; readonly classifier: Parameters }
  readonly lower: { readonly detector: LowerLayers | undefined; readonly classifier: LowerLayers | undefined }
  /** Makes trainable again what was before. */
  close(): void
}

/** @throws OptionError for more frozen layers than leave something to train and to average */
export const openSession = (model: TadNerModel, settings: AdaptSettings): Session => {
  const parameters = { detector: detectorParameters(model.detector), classifier: model.classifier.parameters }
  const before = [...Object.values(parameters.detector), ...Object.values(parameters.classifier)].map(
    (variable) => [variable, variable.trainable] as const
  )
  const frozen = settings.frozenLayers
  const lower = (encoder: Encoder, all: Parameters, depth: number): LowerLayers | undefined => {
    if (frozen === undefined) return undefined
    const { layers } = encoder.config
    const most = Math.min(layers - 1, layers - depth + 1)
    if (frozen > most) {
      const reason = `${frozen} of ${layers} layers; with phi "${settings.phi}" at most ${most}`
      throw new OptionError({ component: "tadner", option: "frozenLayers", reason })
    }
    const bottom = new Set(bottomParameters(encoder.config, frozen))
    freeze(all, (name) => bottom.has(name))
    return new LowerLayers(encoder, frozen)
  }
  const { classifier, detector } = model
  return {
    ...{ model, settings, parameters },
    lower: {
      detector: lower(detector.encoder, parameters.detector, 1),
      classifier: lower(classifier, parameters.classifier, depthOf(settings.phi, classifier.config.layers))
    },
    close: () => {
      for (const [variable, trainable] of before) variable.trainable = trainable
    }
  }
}
