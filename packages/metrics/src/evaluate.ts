import { countEntities } from "./counts/countEntities.ts"
import { countWords } from "./counts/countWords.ts"
import { type CountOptions, ofTypes, type WithEntities, type WithWords } from "./counts/Labelled.ts"
import { type Confusion, confusion } from "./matches/confusion.ts"
import { type MatchScores, matchScores, matchScoresByType } from "./matches/matchScores.ts"
import { type Scores, scores } from "./scores/scores.ts"

/** The measures of MUC and SemEval over all types, and the rest. */
export interface Evaluation extends MatchScores {
  readonly sentences: number
  /** The same measures of each type for itself. */
  readonly byType: Readonly<Record<string, MatchScores>>
  /** Exact entities. */
  readonly entities: Scores
  /** Words by label, without "O". */
  readonly words: Scores
  readonly confusion: Confusion
}

/** Every score of predictions on a test set. @throws InputError */
export const evaluate = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  options: CountOptions = {}
): Evaluation => {
  const [right, guessed] = [ofTypes(gold, options.types), ofTypes(predicted, options.types)]
  return {
    sentences: gold.length,
    ...matchScores(right, guessed),
    byType: matchScoresByType(right, guessed),
    entities: scores(countEntities(right, guessed, options)),
    words: scores(countWords(right, guessed, options)),
    confusion: confusion(right, guessed)
  }
}
