import { type Counts, decodeOptions } from "@nuner/core"
import { Effect, Schema } from "effect"
import { allConceptNames, type ConceptSentence, conceptNames, keepConcepts } from "./ConceptSentence.ts"
import { conceptFrequencies, topConcepts } from "./conceptFrequencies.ts"
import { foldConcept } from "./foldConcept.ts"

const Options = Schema.Struct({
  /** A sentence that carries one of these concepts is dropped whole (NuNER, section 3.1). */
  uninformative: Schema.Array(Schema.NonEmptyString).pipe(Schema.withDecodingDefault(Effect.succeed(["concept"]))),
  /** Keep only the annotations of the n most frequent concepts (section 5.2). Counted after `uninformative`. Absent: all. */
  top: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** What becomes of sentences without any annotation left. */
  empty: Schema.Literals(["drop", "keep"]).pipe(Schema.withDecodingDefault(Effect.succeed("drop" as const)))
})
export type SelectOptions = (typeof Options)["Encoded"]

export interface ConceptSelection<S> {
  readonly sentences: ReadonlyArray<S>
  /** Both balance: in = out + dropped. */
  readonly counts: { readonly sentences: Counts; readonly annotations: Counts }
}

/**
 * The sentences and annotations (after alignment: mentions) that are trained on. Nothing is renamed; concepts are compared folded.
 *
 * @throws OptionError
 */
export const selectConcepts = <S extends ConceptSentence>(
  sentences: ReadonlyArray<S>,
  options: SelectOptions = {}
): ConceptSelection<S> => {
  const { uninformative, top, empty } = decodeOptions("selectConcepts", Options, options)
  const refused = new Set(uninformative.map(foldConcept))
  const informative = sentences.filter(
    (sentence) => !allConceptNames(sentence).some((name) => refused.has(foldConcept(name)))
  )
  const chosen = top === undefined ? undefined : new Set(topConcepts(conceptFrequencies(informative), top))
  const trimmed =
    chosen === undefined
      ? informative
      : informative.map((sentence) => keepConcepts(sentence, (name) => chosen.has(foldConcept(name))))
  const kept = empty === "keep" ? trimmed : trimmed.filter((sentence) => conceptNames(sentence).length > 0)
  const [before, between, after] = [sentences, informative, kept].map(countNames) as [number, number, number]
  return {
    sentences: kept,
    counts: {
      sentences: {
        in: sentences.length,
        out: kept.length,
        dropped: {
          uninformative: sentences.length - informative.length,
          empty: trimmed.length - kept.length
        }
      },
      annotations: {
        in: before,
        out: after,
        dropped: { uninformative: before - between, rare: between - after }
      }
    }
  }
}

const countNames = (sentences: ReadonlyArray<ConceptSentence>): number =>
  sentences.reduce((sum, sentence) => sum + conceptNames(sentence).length, 0)
