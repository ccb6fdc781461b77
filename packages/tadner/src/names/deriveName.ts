/** What common abbreviations of type labels mean. */
const abbreviations = new Map([
  ["per", "person"],
  ["pers", "person"],
  ["loc", "location"],
  ["org", "organization"],
  ["misc", "miscellaneous"],
  ["gpe", "geographical social political entity"],
  ["norp", "nationality religious political group"],
  ["fac", "facility"],
  ["prod", "product"]
])

/**
 * A natural-language name from a type's label: its words in lower case, cut at punctuation and at changes of case; common abbreviations
 * spelled out. `person-actor` -> "person actor", `RATINGS_AVERAGE` -> "ratings average", `CreativeWork` -> "creative work", `ORG` ->
 * "organization". A label without a letter or digit stays as it is.
 */
export const deriveName = (label: string): string => {
  const words = label
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => abbreviations.get(word.toLowerCase()) ?? word.toLowerCase())
  return words.length === 0 ? label : words.join(" ")
}
