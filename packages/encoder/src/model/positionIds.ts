import { backboneOf } from "../backbones/backbones.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { TokenBatch } from "./TokenBatch.ts"

/** Row of the position table for each token, `[rows, tokens]`, as `counting` of the backbone says; where tokens are counted, padding is at `padId`. */
export const positionIds = (config: EncoderConfig, { ids, rows, tokens }: TokenBatch): Int32Array => {
  const { padId } = config
  const counted = backboneOf(config).counting === "tokens"
  const positions = new Int32Array(rows * tokens)
  for (let row = 0; row < rows; row++) {
    let next = counted ? padId + 1 : 0
    for (let at = row * tokens; at < (row + 1) * tokens; at++) {
      positions[at] = counted && ids[at] === padId ? padId : next++
    }
  }
  return positions
}
