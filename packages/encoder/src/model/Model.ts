import type { Parameters } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Inference } from "../inference/Inference.ts"
import type { LoraSettings } from "../lora/LoraOptions.ts"

/** What a forward pass needs of an encoder. */
export interface Model {
  readonly config: EncoderConfig
  readonly parameters: Parameters
  /** Of the adapters among the parameters, where there are any: see `addLora`. */
  readonly lora?: LoraSettings | undefined
  /** Reads faster than `forward`, where there is one: see `hiddenStates`. */
  readonly inference?: Inference | undefined
}
