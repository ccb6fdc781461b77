import type { Experiment } from "../transfer/Experiment.ts"

/** "Else": an entity of none of the other types. */
export const MISC = "misc"

export interface Dataset {
  readonly name: string
  /** Under `few-shot/` of the data. */
  readonly test: string
  readonly dev: (experiment: Experiment) => string
  /** What is asked for each type: its label in words. */
  readonly names: Readonly<Record<string, string>>
}

const same = (...types: ReadonlyArray<string>) => Object.fromEntries(types.map((type) => [type, type]))

const few = (path: string) => (experiment: Experiment) => experiment.data(`few-shot/${path}`)

export const datasets: ReadonlyArray<Dataset> = [
  {
    name: "CrossNER politics",
    test: "crossner/politics/test.txt",
    dev: few("crossner/politics/dev.txt"),
    names: {
      ...same("politician", "person", "location", "election", "event", "country"),
      ...{ politicalparty: "political party", organisation: "organization", [MISC]: "miscellaneous" }
    }
  },
  {
    name: "CrossNER science",
    test: "crossner/science/test.txt",
    dev: few("crossner/science/dev.txt"),
    names: {
      ...same("scientist", "person", "university", "country", "location", "discipline", "enzyme", "protein"),
      ...same("event", "award", "theory"),
      ...{ organisation: "organization", chemicalelement: "chemical element", chemicalcompound: "chemical compound" },
      ...{ astronomicalobject: "astronomical object", academicjournal: "academic journal", [MISC]: "miscellaneous" }
    }
  },
  {
    name: "MIT Movie",
    test: "mit-movie/test.bio",
    dev: (experiment) => experiment.at("data/mit-movie.dev.jsonl"),
    names: {
      ...{ GENRE: "genre", ACTOR: "actor", YEAR: "year", TITLE: "title", RATING: "rating", DIRECTOR: "director" },
      ...{ PLOT: "plot", RATINGS_AVERAGE: "average ratings", CHARACTER: "character", SONG: "song", REVIEW: "review" },
      ...{ TRAILER: "trailer" }
    }
  },
  {
    name: "WNUT17",
    test: "wnut17/test.conll",
    dev: few("wnut17/dev.conll"),
    names: { ...same("person", "location", "corporation", "product", "group"), "creative-work": "creative work" }
  }
]
