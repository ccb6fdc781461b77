import { countEntities } from "./counts/countEntities.ts"
import { countWords } from "./counts/countWords.ts"
import { type CountOptions, ofTypes, type WithEntities, type WithWords } from "./counts/Labelled.ts"
import { type Confusion, confusion } from "./matches/confusion.ts"
import { type MatchScores, matchScores } from "./matches/matchScores.ts"
import { type Scores, scores } from "./scores/scores.ts"

export interface Evaluation {
  readonly sentences: number
  /** Exact entities. */
  readonly entities: Scores
  /** Words by label, without "O". */
  readonly words: Scores
  readonly matches: MatchScores
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
    entities: scores(countEntities(right, guessed, options)),
    words: scores(countWords(right, guessed, options)),
    matches: matchScores(right, guessed),
    confusion: confusion(right, guessed)
  }
}
