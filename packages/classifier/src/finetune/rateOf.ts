import type { FineTuneOptions } from "./FineTuneOptions.ts"
import { isHead } from "./Network.ts"

/**
 * The factor of each parameter on the encoder's learning rate: the head has a rate of its own; with `layerDecay` d a
 * layer that is n below the top has d^n (Howard & Ruder 2018), the embeddings one step below the lowest layer.
 */
export const rateOf =
  (layers: number, { learningRate, headLearningRate, layerDecay }: FineTuneOptions) =>
  (name: string): number => {
    if (isHead(name)) return headLearningRate / learningRate
    const layer = /^\w+\.layer\.(\d+)\./.exec(name)?.[1]
    return layerDecay ** (layer === undefined ? layers : layers - 1 - Number(layer))
  }
