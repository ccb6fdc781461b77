import { crossnerPolitics, crossnerScience, jnlpba, mitMovie, mitMovieTrivia, wikigold, wnut17 } from "./datasets.ts"
import { fewNerd } from "./fewNerd.ts"
import { fewTk } from "./fewTk.ts"
import type { TypeNames } from "./nameTypes.ts"

/** Names for the types of known datasets, by dataset. Pass one as `typeNames`; labels alone do not say what they mean ("TITLE"). */
export const typeNames = {
  "few-nerd": fewNerd,
  "few-tk": fewTk,
  "mit-movie": mitMovie,
  "mit-movie-trivia": mitMovieTrivia,
  jnlpba,
  wnut17,
  "crossner-politics": crossnerPolitics,
  "crossner-science": crossnerScience,
  wikigold
} as const satisfies Readonly<Record<string, TypeNames>>
