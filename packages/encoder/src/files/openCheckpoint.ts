import { readSafetensors, type SafetensorsFile } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Checkpoint, checkpointOf, closeAll } from "./Checkpoint.ts"
import { weightFiles } from "./weightFiles.ts"

/** @throws InputError, SafetensorsError */
export const openCheckpoint = async (directory: string, config: EncoderConfig): Promise<Checkpoint> => {
  const files: Array<SafetensorsFile> = []
  try {
    for (const path of await weightFiles(directory)) files.push(await readSafetensors(path))
    return checkpointOf(directory, config, files)
  } catch (error) {
    await closeAll(files)
    throw error
  }
}
