import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { TokenBatch } from "./TokenBatch.ts"

/**
 * Row of the position table for each token, `[rows, tokens]`. BERT counts from 0. RoBERTa counts the tokens that are not padding
 * from `padId + 1`; padding itself is at `padId` (fairseq's `make_positions`).
 */
export const positionIds = ({ architecture, padId }: EncoderConfig, { ids, rows, tokens }: TokenBatch): Int32Array => {
  const positions = new Int32Array(rows * tokens)
  for (let row = 0; row < rows; row++) {
    let next = architecture === "roberta" ? padId + 1 : 0
    for (let at = row * tokens; at < (row + 1) * tokens; at++) {
      positions[at] = architecture === "roberta" && ids[at] === padId ? padId : next++
    }
  }
  return positions
}
