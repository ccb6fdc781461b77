import type { TypeNames } from "./nameTypes.ts"

/** MIT Movie (eng): 12 types. */
export const mitMovie: TypeNames = {
  ACTOR: "actor",
  CHARACTER: "character in a movie",
  DIRECTOR: "movie director",
  GENRE: "movie genre",
  PLOT: "plot of a movie",
  RATING: "age rating of a movie",
  RATINGS_AVERAGE: "average rating by viewers",
  REVIEW: "movie review",
  SONG: "song in a movie",
  TITLE: "movie title",
  TRAILER: "movie trailer",
  YEAR: "year of a movie"
}

/** MIT Movie (trivia): 12 types. */
export const mitMovieTrivia: TypeNames = {
  Actor: "actor",
  Award: "movie award",
  Character_Name: "character in a movie",
  Director: "movie director",
  Genre: "movie genre",
  Opinion: "opinion on a movie",
  Origin: "work that a movie is based on",
  Plot: "plot of a movie",
  Quote: "quote from a movie",
  Relationship: "relation to another movie",
  Soundtrack: "music of a movie",
  Year: "year of a movie"
}

/** JNLPBA (BioNLP 2004): 5 types. */
export const jnlpba: TypeNames = {
  DNA: "DNA region or gene",
  RNA: "RNA molecule",
  cell_line: "cell line",
  cell_type: "cell type",
  protein: "protein"
}

/** WNUT 2017: 6 types. */
export const wnut17: TypeNames = {
  corporation: "corporation",
  "creative-work": "song, movie, book or other creative work",
  group: "sports team, band or other group",
  location: "location",
  person: "person",
  product: "product"
}

/** CrossNER politics: 9 types. */
export const crossnerPolitics: TypeNames = {
  country: "country",
  election: "election",
  event: "event",
  location: "location",
  misc: "other named thing",
  organisation: "organization",
  person: "person who is no politician",
  politicalparty: "political party",
  politician: "politician"
}

/** CrossNER science: 17 types. */
export const crossnerScience: TypeNames = {
  academicjournal: "academic journal",
  astronomicalobject: "astronomical object",
  award: "award",
  chemicalcompound: "chemical compound",
  chemicalelement: "chemical element",
  country: "country",
  discipline: "academic discipline",
  enzyme: "enzyme",
  event: "event",
  location: "location",
  misc: "other named thing",
  organisation: "organization",
  person: "person who is no scientist",
  protein: "protein",
  scientist: "scientist",
  theory: "theory",
  university: "university"
}

/** Wikigold and CoNLL-2003: 4 types. */
export const wikigold: TypeNames = {
  LOC: "location",
  MISC: "nationality, event, work or other named thing",
  ORG: "organization",
  PER: "person"
}
