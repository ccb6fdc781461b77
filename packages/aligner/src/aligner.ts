import {
  type AlignedSentence,
  type AnnotatedSentence,
  decodeOptions,
  graphemeBoundaries,
  type Mention,
  type Unaligned,
  wordBoundaries
} from "@nuner/core"
import { AlignOptions } from "./AlignOptions.ts"
import { type AlignReport, emptyTally, toReport } from "./AlignReport.ts"
import { chooser } from "./choose.ts"
import { locator } from "./match/locate.ts"
import { place, type Taken, thin } from "./place.ts"

export interface Aligner {
  /** Locates the annotations of one sentence. */
  align(sentence: AnnotatedSentence): AlignedSentence
  /** What this aligner did so far. */
  report(): AlignReport
}

/**
 * From what an LLM said about sentences to where it is (NuNER, section 3.1: "through an exact string match"). No annotation is lost: it
 * has a mention, or stands in `unaligned` with a reason.
 *
 * @throws OptionError
 */
export const aligner = (options: AlignOptions = {}): Aligner => {
  const { policy, overlap, normalise, boundary } = decodeOptions("aligner", AlignOptions, options)
  const boundaries = boundary === "word" ? wordBoundaries : graphemeBoundaries
  const tally = emptyTally()

  const align = (sentence: AnnotatedSentence): AlignedSentence => {
    const { id, text, annotations } = sentence
    const locate = locator(text, boundaries(text), normalise)
    const choose = chooser(policy)
    const taken = annotations.map(({ entity, concept }): Taken => {
      const located = locate(entity)
      if (typeof located === "string") return located
      const spans = choose(located.spans, entity, concept)
      return spans === undefined ? "exhausted" : spans === located.spans ? located : { spans, match: located.match }
    })
    const { mentions, repeated } = place(sentence, taken)
    tally.repeated += repeated
    tally.occurrences += mentions.length + repeated
    let kept: ReadonlyArray<Mention> = mentions
    if (overlap !== "keep") {
      const thinned = thin(sentence, taken, mentions, overlap)
      kept = thinned.kept
      for (const i of thinned.lost) taken[i] = "overlap"
    }
    tally.sentences++
    tally.annotations += annotations.length
    tally.overlapping += mentions.length - kept.length
    tally.mentions += kept.length

    const unaligned: Array<Unaligned> = []
    for (let i = 0; i < taken.length; i++) {
      const found = taken[i]!
      if (typeof found !== "string") tally[found.match]++
      else {
        tally.unaligned[found]++
        unaligned.push({ ...annotations[i]!, reason: found })
      }
    }
    return unaligned.length === 0 ? { id, text, mentions: kept } : { id, text, mentions: kept, unaligned }
  }
  return { align, report: () => toReport(tally) }
}

/** One sentence by itself. @throws OptionError */
export const align = (sentence: AnnotatedSentence, options: AlignOptions = {}): AlignedSentence =>
  aligner(options).align(sentence)
