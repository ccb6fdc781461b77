/**
 * What there is to learn from, by number. An example is what is shuffled and counted: a sentence, a row of packed text. It is made (read,
 * tokenised) when a batch asks for it, so that the steps of an epoch are known without making any.
 */
export interface Examples<Example> {
  readonly count: number
  /** About how many tokens each has, for batches of like lengths `[count]`. Absent: all the same. */
  readonly lengths?: ArrayLike<number>
  /** Of the content: equal for equal examples in the same order. A checkpoint of other examples is refused by it. */
  readonly fingerprint: string
  /** The examples of these numbers, in their order. */
  at(indices: Int32Array): Promise<ReadonlyArray<Example>>
}
