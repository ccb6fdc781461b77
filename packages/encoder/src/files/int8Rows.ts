export interface Quantised {
  readonly integers: Int8Array
  readonly scales: Float32Array
}

/** Symmetric, one scale per row; the largest absolute value becomes `top`. */
export const quantiseRows = (values: Float32Array, rows: number, width: number, top: number): Quantised => {
  const scales = new Float32Array(rows)
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / width)
    scales[row] = Math.max(scales[row]!, Math.abs(values[i]!) / top)
  }
  const integers = Int8Array.from(values, (value, i) => roundTo(value, scales[Math.floor(i / width)]!))
  return { integers, scales }
}

/** A value in whole steps of `scale`. */
export const roundTo = (value: number, scale: number): number => (scale === 0 ? 0 : Math.round(value / scale))

/** The two halves of a quantised tensor are written one after the other: computed once, then let go. */
export const once = <A>(compute: () => Promise<A>): (() => Promise<A>) => {
  let held: Promise<A> | undefined
  return async () => {
    if (held === undefined) {
      held = compute()
      return held
    }
    const result = held
    held = undefined
    return result
  }
}
