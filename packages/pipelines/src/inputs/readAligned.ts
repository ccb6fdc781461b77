import { type AlignedSentence, InputError } from "@nuner/core"
import { sweeper } from "@nuner/engine"
import { type Intake, intake } from "./intake.ts"

/** About what a sentence leaves behind when it was read, in bytes. */
const garbage = 2048

/**
 * Sentences with concepts in their places, one file behind the other: aligned ones, or labelled data of any format, whose types are the concepts.
 *
 * @throws InputError naming file and line, also for an empty file
 */
export async function* readAligned(
  paths: ReadonlyArray<string>,
  door: Intake = intake()
): AsyncGenerator<AlignedSentence> {
  // Beside a large store the collector would wait until as much again has piled up.
  const release = sweeper(2 ** 27)
  for (const path of paths) {
    let count = 0
    for await (const sentence of door.aligned(path)) {
      yield sentence
      release(garbage)
      count++
    }
    if (count === 0) {
      const remedy = "give the output of `nuner align`, or labelled data"
      throw new InputError({ source: path, reason: "has no sentences", remedy })
    }
  }
  release(2 ** 27)
}
