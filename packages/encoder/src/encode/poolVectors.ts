import type { Span } from "@nuner/core"
import type { Encoding } from "../tokenizer/Encoding.ts"
import type { WindowResult } from "./runWindows.ts"

/** The mean of a text's tokens without special ones, `[width]`; of an empty text, the vector of its first special token. */
export const poolMean = ({ special }: Encoding, values: Float32Array, width: number): Float32Array => {
  const mean = new Float32Array(width)
  const count = special.reduce((sum, s) => sum + 1 - s, 0)
  if (count === 0) return values.slice(0, width)
  for (const [token, isSpecial] of special.entries()) {
    if (isSpecial) continue
    for (let i = 0; i < width; i++) mean[i]! += values[token * width + i]! / count
  }
  return mean
}

/** The vector of the first special token, `[width]`; of several windows, their mean, weighted by the tokens that each owns. */
export const poolFirst = (windows: ReadonlyArray<WindowResult>): Float32Array => {
  const { width, values } = windows[0]!
  if (windows.length === 1) return values.slice(0, width)
  const mean = new Float32Array(width)
  const total = windows.at(-1)!.window.own.end
  for (const { window, values } of windows) {
    const share = (window.own.end - window.own.start) / total
    for (let i = 0; i < width; i++) mean[i]! += share * values[i]!
  }
  return mean
}

export interface PoolWordsOptions {
  /** Each word's first sub-token alone. Default false: the mean of all. */
  readonly first?: boolean
  /** Where to write, zeros so far `[words, width]`. Default: a new array. */
  readonly out?: Float32Array
}

/** Each word's vector from those of its sub-tokens, `[words, width]`. */
export const poolWords = (
  tokensOf: ReadonlyArray<Span>,
  values: Float32Array,
  width: number,
  { first = false, out = new Float32Array(tokensOf.length * width) }: PoolWordsOptions = {}
): Float32Array => {
  for (const [word, { start, end }] of tokensOf.entries()) {
    const row = word * width
    if (first || end === start + 1) {
      out.set(values.subarray(start * width, (start + 1) * width), row)
      continue
    }
    for (let token = start; token < end; token++) {
      for (let i = 0; i < width; i++) out[row + i]! += values[token * width + i]!
    }
    for (let i = 0; i < width; i++) out[row + i]! /= end - start
  }
  return out
}
