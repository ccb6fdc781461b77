import { type AlignedSentence, InputError } from "@nuner/core"
import { type ConceptSelection, selectConcepts } from "@nuner/sampler"
import { sampleSentences } from "../training/sampleSentences.ts"
import type { PretrainSettings } from "./options.ts"

/**
 * The sentences that have concepts to train on, and of these a sample where one is asked for. Counts balance.
 *
 * @throws InputError when fewer than two are left, OptionError for a sample larger than them
 */
export const selectSentences = (
  sentences: ReadonlyArray<AlignedSentence>,
  { sampleSize, seed, topConcepts }: PretrainSettings
): ConceptSelection<AlignedSentence> => {
  const selection = selectConcepts(sentences, topConcepts === undefined ? {} : { top: topConcepts })
  if (selection.sentences.length < 2) {
    throw new InputError({
      source: "sentences",
      reason: `${selection.sentences.length} of ${sentences.length} sentences have a concept to train on`,
      remedy: "annotate and align more text"
    })
  }
  if (sampleSize === undefined) return selection
  const sample = sampleSentences(selection.sentences, sampleSize, seed)
  const annotations = sample.reduce((sum, { mentions }) => sum + mentions.length, 0)
  const counts = selection.counts
  return {
    sentences: sample,
    counts: {
      sentences: {
        ...counts.sentences,
        out: sample.length,
        dropped: { ...counts.sentences.dropped, notSampled: counts.sentences.out - sample.length }
      },
      annotations: {
        ...counts.annotations,
        out: annotations,
        dropped: { ...counts.annotations.dropped, notSampled: counts.annotations.out - annotations }
      }
    }
  }
}
