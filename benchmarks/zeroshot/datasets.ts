import type { Experiment } from "../transfer/Experiment.ts"

/** "Else": an entity of none of the other types. */
export const MISC = "misc"

export interface Dataset {
  readonly name: string
  /** Under `few-shot/` of the data; a dataset that is not there is passed over. */
  readonly test: string
  /** What thresholds are chosen on. */
  readonly dev?: (experiment: Experiment) => string
  /** What is asked for each type: its label in words. */
  readonly names: Readonly<Record<string, string>>
}

const same = (...types: ReadonlyArray<string>) => Object.fromEntries(types.map((type) => [type, type]))

const few = (path: string) => (experiment: Experiment) => experiment.data(`few-shot/${path}`)

/** CrossNER's five domains and MIT's three sets as GLiNER is evaluated on them, under UniNER's names for types; and two more. */
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
    name: "CrossNER AI",
    test: "crossner/ai/test.txt",
    names: {
      ...same("field", "task", "product", "algorithm", "researcher", "metrics", "university", "country", "person"),
      ...same("location", "conference"),
      ...{ organisation: "organization", programlang: "programming language", [MISC]: "miscellaneous" }
    }
  },
  {
    name: "CrossNER literature",
    test: "crossner/literature/test.txt",
    names: {
      ...same("book", "writer", "award", "poem", "event", "magazine", "person", "location", "country"),
      ...{ organisation: "organization", literarygenre: "literary genre", [MISC]: "miscellaneous" }
    }
  },
  {
    name: "CrossNER music",
    test: "crossner/music/test.txt",
    names: {
      ...same("song", "band", "album", "award", "event", "country", "location", "person"),
      ...{ musicgenre: "music genre", musicalartist: "musical artist", musicalinstrument: "musical instrument" },
      ...{ organisation: "organization", [MISC]: "miscellaneous" }
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
  },
  {
    name: "MIT Restaurant",
    test: "mit-restaurant/test.bio",
    names: {
      ...{ Rating: "rating", Amenity: "amenity", Location: "location", Restaurant_Name: "restaurant name" },
      ...{ Price: "price", Hours: "hours", Dish: "dish", Cuisine: "cuisine" }
    }
  },
  {
    name: "JNLPBA",
    test: "jnlpba/test.tsv",
    dev: few("jnlpba/devel.tsv"),
    names: {
      ...{ DNA: "DNA region or gene", RNA: "RNA molecule", protein: "protein" },
      ...{ cell_line: "cell line", cell_type: "cell type" }
    }
  }
]
