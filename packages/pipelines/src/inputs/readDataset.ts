import type { LabelledSentence } from "@nuner/core"
import { type IntakeOptions, intake } from "./intake.ts"

/**
 * A labelled dataset of any format that `openData` knows, or a folder of such files.
 *
 * @throws InputError naming file and line, also for a file without sentences or without an entity
 */
export const readDataset = (path: string, options?: IntakeOptions): Promise<Array<LabelledSentence>> =>
  intake(options).dataset(path)
