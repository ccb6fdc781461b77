/**
 * The identity of a concept: two names are one concept when they fold to the same string, which is also what the concept encoder reads.
 * Trimmed, inner white space as one space, NFC, case-folded (lower, upper, lower: `Straße`, `STRASSE` and `STRAẞE` are one name).
 */
export const foldConcept = (name: string): string =>
  name.trim().replace(/\s+/gu, " ").normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC")
