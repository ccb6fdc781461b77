import { AlignedSentence, InputError, readJsonl } from "@nuner/core"

/** Aligned sentences as a stream, one file behind the other. @throws InputError naming file and line, also for an empty file */
export async function* readAligned(...paths: ReadonlyArray<string>): AsyncGenerator<AlignedSentence> {
  for (const path of paths) {
    let count = 0
    for await (const sentence of readJsonl(path, AlignedSentence)) {
      yield sentence
      count++
    }
    if (count === 0) {
      throw new InputError({ source: path, reason: "has no sentences", remedy: "give the output of `nuner align`" })
    }
  }
}
