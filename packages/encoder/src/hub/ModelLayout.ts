import { isComplete } from "../files/weightFiles.ts"
import { wantedFiles } from "./wantedFiles.ts"

/** Which files make a model of some kind. */
export interface ModelLayout {
  /**
   * Those that are fetched, out of all that the hub lists.
   *
   * @param source the model's name, for errors
   * @throws InputError where something is missing
   */
  wanted(files: ReadonlyArray<string>, source: string): Array<string>
  /** Whether a directory holds all of them. */
  isComplete(directory: string): Promise<boolean>
}

/** A Hugging Face encoder with its tokenizer. */
export const encoderLayout: ModelLayout = { wanted: wantedFiles, isComplete }
