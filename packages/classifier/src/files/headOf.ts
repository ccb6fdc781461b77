import { InputError } from "@nuner/core"
import { readWeights, type SafetensorsFile } from "@nuner/engine"
import type { Dense, Head } from "../head/Head.ts"
import { SETTINGS_FILE, type Settings } from "./settings.ts"

/**
 * The head in a file beside the encoder.
 *
 * @param width of a word's vector
 * @throws InputError, SafetensorsError
 */
export const headOf = async (
  path: string,
  file: SafetensorsFile,
  { classes, headHidden }: Settings,
  width: number
): Promise<Head> => {
  if (headHidden === undefined)
    return { classes, ...(await readDense(path, file, "classifier", width, classes.length)) }
  const dense = await readDense(path, file, "dense", width, headHidden)
  return { classes, dense, ...(await readDense(path, file, "classifier", headHidden, classes.length)) }
}

const readDense = async (
  path: string,
  file: SafetensorsFile,
  name: string,
  inputs: number,
  outputs: number
): Promise<Dense> => {
  const read = async (field: string, shape: ReadonlyArray<number>): Promise<Float32Array> => {
    const entry = file.entries.get(field)
    const fail = (reason: string): never => {
      throw new InputError({ source: path, field, reason, remedy: "the files are of two models" })
    }
    if (entry === undefined) return fail("is missing")
    if (entry.shape.join() !== shape.join())
      fail(`is [${entry.shape}], ${SETTINGS_FILE} and config.json ask for [${shape}]`)
    return readWeights(file, field)
  }
  const weight = await read(`${name}.weight`, [outputs, inputs])
  return { kernel: turned(weight, outputs, inputs), bias: await read(`${name}.bias`, [outputs]) }
}

/** `[rows, columns]` as `[columns, rows]`. */
export const turned = (values: Float32Array, rows: number, columns: number): Float32Array => {
  const out = new Float32Array(values.length)
  for (let i = 0; i < columns; i++) for (let o = 0; o < rows; o++) out[i * rows + o] = values[o * columns + i]!
  return out
}
