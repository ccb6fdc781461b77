/** Row-major vectors of one width: `[rows, width]`. */
export interface Vectors {
  readonly rows: number
  readonly width: number
  readonly values: Float32Array
}
