/** `foldConcept` for many names of which most come again: each is folded once. */
export const foldingOnce = (): ((name: string) => string) => {
  const known = new Map<string, string>()
  return (name) => {
    const folded = known.get(name) ?? foldConcept(name)
    known.set(name, folded)
    return folded
  }
}

/**
 * The identity of a concept: two names are one concept when they fold to the same string, which is also what the concept encoder reads.
 * Trimmed, inner white space as one space, NFC, case-folded (lower, upper, lower: `Straße`, `STRASSE` and `STRAẞE` are one name).
 */
export const foldConcept = (name: string): string =>
  name.trim().replace(/\s+/gu, " ").normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC")
