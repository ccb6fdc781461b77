import { decodeOptions, type LabelledSentence, option, Positive, PositiveInt, typesIn } from "@nuner/core"
import * as Schema from "effect/Schema"
import type { WordFeatures } from "../features/selectSentences.ts"
import { type Head, headWidth } from "../head/Head.ts"
import { classesOf, classSchemes, labelsOf, typesOf } from "../labels/classes.ts"
import { type ChosenC, chooseC } from "./chooseC.ts"
import { foldLogistic, logisticProblem, solveLogistic, unfoldLogistic } from "./logistic.ts"
import { textNumbers } from "./textNumbers.ts"

/** How the frozen probe is fitted. */
export const FitProbeSettings = Schema.Struct({
  c: option(Schema.Union([Positive, Schema.Literal("cv")]), {
    default: 0.1,
    help: "inverse strength of the L2 penalty, as scikit-learn's C: minimises C * sum(log loss) + |W|^2 / 2; cv chooses it by cross-validation on the training sentences, and takes 1 for a set too small for that, 0.03 where it has a prior"
  }),
  folds: option(Schema.Int.check(Schema.isGreaterThan(1)), { default: 5, help: "folds of cv" }),
  scheme: option(Schema.Literals(classSchemes), {
    default: "bare",
    help: "bare: a class a type (NuNER, section 4.1); BIO: neighbouring entities of one type stay apart; IOBES: their ends are classes too"
  }),
  types: option(Schema.Array(Schema.NonEmptyString), {
    default: [],
    help: "types to have a class for beside those of the sentences"
  }),
  standardise: option(Schema.Boolean, {
    default: true,
    help: "scale every feature to mean 0 and variance 1 over the training words"
  }),
  maxIterations: option(PositiveInt, {
    default: 200,
    help: "L-BFGS iterations at the most"
  }),
  tolerance: option(Positive, {
    default: 1e-5,
    help: "stops when no component of the mean gradient exceeds this"
  })
})

export type FitProbeOptions = Partial<(typeof FitProbeSettings)["Encoded"]>

export interface ProbeFit {
  readonly head: Head
  /** The C that was taken; with "cv", what each gave on the held-out words. */
  readonly c: number
  readonly heldOut: ChosenC["heldOut"]
  /** Mean penalised loss at the end. */
  readonly loss: number
  readonly iterations: number
  readonly converged: boolean
}

/** Heads that a fit knows of, of its classes and of the width of its vectors. */
export interface FitProbeHeads {
  /** Where to begin: the head of an earlier fit, taken if its classes are the same. The optimum is the same, and near it is soon reached. */
  readonly start?: Head | undefined
  /** What the weights are drawn to by the penalty. Default 0. */
  readonly prior?: Head | undefined
}

/**
 * The frozen probe (NuNER, section 4.1): multinomial logistic regression over word vectors, classes mutually exclusive,
 * "O" among them. Solved by L-BFGS rather than Adam on the same layer: the problem is convex, so the result depends on
 * no seed, order or learning rate.
 *
 * @param features vectors of the words of `sentences`, sentence by sentence
 * @throws OptionError, InputError (see `labelsOf`)
 */
export const fitProbe = (
  features: WordFeatures,
  sentences: ReadonlyArray<LabelledSentence>,
  options: FitProbeOptions = {},
  { prior, start }: FitProbeHeads = {}
): ProbeFit => {
  const settings = decodeOptions("fitProbe", FitProbeSettings, options)
  const { scheme, standardise, maxIterations, tolerance } = settings
  const classes = classesOf([...typesIn(sentences), ...settings.types], scheme)
  const labels = labelsOf(sentences, classes, scheme)
  if (labels.length * features.width !== features.values.length) {
    throw new RangeError(`fitProbe: ${features.values.length / features.width} vectors for ${labels.length} words`)
  }
  if (prior !== undefined && (prior.classes.join("\n") !== classes.join("\n") || headWidth(prior) !== features.width)) {
    const [own, other] = [classes.join(", "), prior.classes.join(", ")]
    throw new RangeError(
      `fitProbe: the prior is of ${other} and ${headWidth(prior)} numbers a word, the probe of ${own} and ${features.width}`
    )
  }
  const { c, heldOut } =
    settings.c === "cv"
      ? chooseC(features, labels, typesOf(classes, scheme), textNumbers(sentences), { ...settings, prior })
      : { c: settings.c, heldOut: [] }
  const problem = logisticProblem(features.values, labels, classes.length, standardise)
  const begin = start?.classes.join("\n") === classes.join("\n") ? unfoldLogistic(start, problem) : undefined
  const centre = prior && unfoldLogistic(prior, problem)
  const fit = solveLogistic(problem, c, { maxIterations, tolerance }, begin, centre)
  problem.x.dispose()
  const { loss, iterations, converged } = fit
  return { head: foldLogistic(fit, problem, classes), c, heldOut, loss, iterations, converged }
}
