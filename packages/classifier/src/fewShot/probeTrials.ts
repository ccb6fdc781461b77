import { type Entity, type LabelledSentence, typesIn } from "@nuner/core"
import type { WordFeatures } from "../features/selectSentences.ts"
import type { Head } from "../head/Head.ts"
import { headLogits, softmaxRows } from "../head/headLogits.ts"
import { type ClassScheme, classesOf, labelsOf } from "../labels/classes.ts"
import { decode } from "../predict/decode.ts"
import { rowsOf } from "../probe/chooseC.ts"
import { foldLogistic, logisticProblem, solveLogistic, unfoldLogistic } from "../probe/logistic.ts"
import { textNumbers } from "../probe/textNumbers.ts"
import { fitTransitions } from "../transitions/Transitions.ts"

/** How a probe reads, learns and decodes. */
export interface ProbeSetting {
  readonly layers: ReadonlyArray<number>
  readonly scheme: ClassScheme
  /** Inverse L2 strength. */
  readonly c: number
  /** Of the learned transitions in decoding; undefined: each word gets its best class. */
  readonly transitions: number | undefined
  /** Whether the weights are drawn to what the types' names say, not to 0. */
  readonly names: boolean
}

/** A setting, and what it found in each sentence when the sentence was held out. */
export interface Trial<S> {
  readonly setting: S
  readonly found: ReadonlyArray<ReadonlyArray<Entity>>
}

/**
 * Cross-validates settings that read the same layers under the same scheme, with the same prior: text `n` (see `textNumbers`) is held out in fold `n mod folds`. A fold is fitted once for
 * each C, from the weakest on, each starting where the last one ended; decoders share the fit.
 *
 * @param features of all sentences, of those layers
 */
export const probeTrials = (
  features: WordFeatures,
  sentences: ReadonlyArray<LabelledSentence>,
  settings: ReadonlyArray<ProbeSetting>,
  {
    folds,
    prior,
    signal
  }: { readonly folds: number; readonly prior?: Head | undefined; readonly signal?: AbortSignal | undefined }
): Array<Trial<ProbeSetting>> => {
  const { scheme } = settings[0]!
  const classes = classesOf(typesIn(sentences), scheme)
  const labels = labelsOf(sentences, classes, scheme)
  const texts = textNumbers(sentences)
  const found = settings.map((): Array<ReadonlyArray<Entity>> => [])
  const strengths = [...new Set(settings.map(({ c }) => c))].sort((a, b) => a - b)
  for (let fold = 0; fold < folds; fold++) {
    signal?.throwIfAborted()
    const isHeld = (sentence: number) => texts[sentence]! % folds === fold
    const kept = labels.slice()
    for (const row of rowsOf(features.starts, isHeld)) kept[row] = -1
    const known = sentences.filter((_, i) => !isHeld(i))
    const problem = logisticProblem(features.values, kept, classes.length, true)
    const centre = prior && unfoldLogistic(prior, problem)
    let start: Float64Array<ArrayBuffer> | undefined
    for (const c of strengths) {
      const which = settings.flatMap((setting, i) => (setting.c === c ? [i] : []))
      const fit = solveLogistic(problem, c, { maxIterations: 100, tolerance: 1e-3 }, start, centre)
      start = fit.point
      const values = softmaxRows(headLogits(foldLogistic(fit, problem, classes), features.values), classes.length)
      for (const i of which) {
        const weight = settings[i]!.transitions
        const transitions = weight === undefined ? undefined : fitTransitions(known, classes, scheme, { weight })
        for (const sentence of sentences.keys()) {
          if (!isHeld(sentence)) continue
          const [from, to] = [features.starts[sentence]!, features.starts[sentence + 1]!]
          const rows = values.subarray(from * classes.length, to * classes.length)
          found[i]![sentence] = decode(rows, classes, scheme, transitions)
        }
      }
    }
    problem.x.dispose()
  }
  return settings.map((setting, i) => ({ setting, found: found[i]! }))
}
