import type { Sentence } from "@nuner/core"
import { type IntakeOptions, intake } from "./intake.ts"

/**
 * The sentences of raw input: a file of any format that `openData` knows, or a folder of such files. See `openSentences`.
 *
 * @throws InputError naming file and line
 */
export async function* readSentences(path: string, options?: IntakeOptions): AsyncGenerator<Sentence> {
  for await (const { id, text } of intake(options).sentences(path)) yield { id, text }
}
