import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type AlignedSentence, type Mention, rng } from "@nuner/core"

/** Words of sentences, and the unique concepts they draw from: the published set's numbers. */
const sentenceWords = 24
const uniqueConcepts = 200_000

/** English words, most of them one or two sub-tokens: those of our own documentation. */
const vocabulary = (): ReadonlyArray<string> => {
  const text = readFileSync(join(import.meta.dir, "../../docs/architecture.md"), "utf8")
  return [...new Set(text.match(/\b[A-Za-z]{3,}\b/g))]
}

/** Aligned sentences of 24 words and 4.4 mentions, concepts about as frequent as 1 / rank; as a stream, each the same by its seed. */
export function* madeAligned(count: number): Generator<AlignedSentence> {
  const random = rng("made aligned")
  const words = vocabulary()
  const word = () => words[random.int(words.length)]!
  for (let i = 0; i < count; i++) {
    const starts: Array<number> = []
    let text = ""
    for (let w = 0; w < sentenceWords; w++) {
      if (w > 0) text += " "
      starts.push(text.length)
      text += word()
    }
    const places = Array.from({ length: random.next() < 0.4 ? 5 : 4 }, () => random.int(sentenceWords))
    const mentions = [...new Set(places)]
      .sort((a, b) => a - b)
      .map((at): Mention => {
        const rank = Math.floor(uniqueConcepts ** random.next())
        const [head, modifier] = [words[rank % words.length], words[Math.floor(rank / words.length) % words.length]]
        const start = starts[at]!
        const end = (starts[at + 1] ?? text.length + 1) - 1
        return { start, end, concept: `${modifier} ${head}`, match: "exact" }
      })
    yield { id: `s${i}`, text: `${text}.`, mentions }
  }
}
