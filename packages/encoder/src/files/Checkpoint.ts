import { InputError } from "@nuner/core"
import { readWeights, type SafetensorsFile, scaleOf, type tf } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type StoredWeight, toVariable } from "../model/StoredWeight.ts"
import { canonicalName } from "./canonicalName.ts"

interface Place {
  readonly path: string
  readonly file: SafetensorsFile
  /** The tensor's own name in that file. */
  readonly name: string
}

/** The tensors of a directory's safetensors files, by their names in a bare encoder; read one at a time. */
export interface Checkpoint {
  /** The directory. */
  readonly source: string
  readonly names: ReadonlyArray<string>
  has(name: string): boolean
  /**
   * @param transposed the file holds `[out, in]`, `shape` is `[in, out]`
   * @throws InputError where it is missing or of another shape, SafetensorsError where it holds no weights
   */
  read(name: string, shape: ReadonlyArray<number>, transposed: boolean): Promise<StoredWeight>
  /** The same as a variable `shape`. */
  variable(name: string, shape: ReadonlyArray<number>, transposed: boolean): Promise<tf.Variable>
  close(): Promise<void>
}

export const closeAll = async (files: ReadonlyArray<SafetensorsFile>): Promise<void> => {
  await Promise.all(files.map((file) => file.close()))
}

/** Of files that are open, which it closes. @throws InputError where two tensors mean the same */
export const checkpointOf = (
  source: string,
  config: EncoderConfig,
  files: ReadonlyArray<SafetensorsFile>
): Checkpoint => {
  const places = new Map<string, Place>()
  const { className, prefix } = backboneOf(config)
  for (const file of files) {
    const { path } = file
    const scales = new Set(
      [...file.entries.values()].flatMap(({ dtype, name }) => (dtype === "I8" ? [scaleOf(name)] : []))
    )
    for (const name of file.entries.keys()) {
      if (scales.has(name)) continue
      const canonical = canonicalName(name, prefix)
      const other = places.get(canonical)
      if (other) {
        const reason = `means the same as ${other.name}${other.path === path ? "" : ` in ${other.path}`}`
        throw new InputError({ source: path, field: name, reason })
      }
      places.set(canonical, { path, file, name })
    }
  }
  const read: Checkpoint["read"] = async (name, shape, transposed) => {
    const place = places.get(name)
    if (place === undefined) {
      throw new InputError({
        source,
        field: name,
        reason: `is missing: not a whole ${className} checkpoint`
      })
    }
    const stored = transposed ? shape.toReversed() : [...shape]
    const entry = place.file.entries.get(place.name)!
    if (entry.shape.join() !== stored.join()) {
      const reason = `has the shape [${entry.shape}], config.json asks for [${stored}]`
      throw new InputError({ source: place.path, field: place.name, reason })
    }
    const values = await readWeights(place.file, place.name)
    return { shape, transposed, data: async () => values, values }
  }
  return {
    source,
    names: [...places.keys()],
    has: (name) => places.has(name),
    read,
    variable: async (name, shape, transposed) => toVariable(await read(name, shape, transposed)),
    close: () => closeAll(files)
  }
}
