/** Sentences that are all different. */
export const sentencesOf = (count: number): Array<{ id: string; text: string }> =>
  Array.from({ length: count }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i} was written by Ada in Paris.` }))
