/**
 * What two copies of a sentence have in common whatever their case, spacing and tokenisation: NFKC, lower case, no white space. For finding
 * test sentences in training text.
 */
export const sentenceKey = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "")
