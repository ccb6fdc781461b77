import { AlignedSentence, InputError, readJsonl } from "@nuner/core"
import { sweeper } from "@nuner/encoder"

/** About what a sentence leaves behind when it was read, in bytes. */
const garbage = 2048

/** Aligned sentences as a stream, one file behind the other. @throws InputError naming file and line, also for an empty file */
export async function* readAligned(...paths: ReadonlyArray<string>): AsyncGenerator<AlignedSentence> {
  // Beside a large store the collector would wait until as much again has piled up.
  const release = sweeper(2 ** 27)
  for (const path of paths) {
    let count = 0
    for await (const sentence of readJsonl(path, AlignedSentence)) {
      yield sentence
      release(garbage)
      count++
    }
    if (count === 0) {
      throw new InputError({ source: path, reason: "has no sentences", remedy: "give the output of `nuner align`" })
    }
  }
  release(2 ** 27)
}
