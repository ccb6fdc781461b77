import type { Parameters } from "@nuner/engine"
import { detectorParameters, type TadNerModel } from "../model/TadNerModel.ts"
import { type FrozenLower, freezeLower } from "../network/freezeLower.ts"
import type { AdaptSettings } from "../options.ts"

/** A model made ready to be adapted: what is trained of it, and what its frozen layers say. */
export interface Session extends Pick<FrozenLower, "lower"> {
  readonly model: TadNerModel
  readonly settings: AdaptSettings
  /** Of each stage; frozen parameters are marked as not trainable. */
  readonly parameters: { readonly detector: Parameters; readonly classifier: Parameters }
  /** Makes trainable again what was before. */
  close(): void
}

/** @throws OptionError for more frozen layers than leave something to train and to average */
export const openSession = (model: TadNerModel, settings: AdaptSettings): Session => {
  const { frozenLayers, phi } = settings
  const { lower, thaw } = freezeLower(model, { frozenLayers, phi, component: "tadner" })
  const parameters = { detector: detectorParameters(model.detector), classifier: model.classifier.parameters }
  return { model, settings, parameters, lower, close: thaw }
}
