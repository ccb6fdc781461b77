/**
 * Says for each loss in turn whether to stop: once it has been above its best for more than `patience` consecutive steps. A patience of 0
 * stops at the first rise.
 */
export const stopRule = (patience: number): ((loss: number) => boolean) => {
  let best = Number.POSITIVE_INFINITY
  let above = 0
  return (loss) => {
    above = loss > best ? above + 1 : 0
    best = Math.min(best, loss)
    return above > patience
  }
}
