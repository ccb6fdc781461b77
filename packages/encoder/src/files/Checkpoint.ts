import { InputError } from "@nuner/core"
import { readSafetensors, readWeights, type SafetensorsFile, scaleOf, type tf } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type StoredWeight, toVariable } from "../model/StoredWeight.ts"
import { canonicalName } from "./canonicalName.ts"
import { weightFiles } from "./weightFiles.ts"

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

/** @throws InputError, SafetensorsError */
export const openCheckpoint = async (directory: string, config: EncoderConfig): Promise<Checkpoint> => {
  const files: Array<SafetensorsFile> = []
  const close = async () => {
    await Promise.all(files.map((file) => file.close()))
  }
  const places = new Map<string, Place>()
  const { className, prefix } = backboneOf(config)
  try {
    for (const path of await weightFiles(directory)) {
      const file = await readSafetensors(path)
      files.push(file)
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
  } catch (error) {
    await close()
    throw error
  }
  const read: Checkpoint["read"] = async (name, shape, transposed) => {
    const place = places.get(name)
    if (place === undefined) {
      throw new InputError({
        source: directory,
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
    source: directory,
    names: [...places.keys()],
    has: (name) => places.has(name),
    read,
    variable: async (name, shape, transposed) => toVariable(await read(name, shape, transposed)),
    close
  }
}
