import { randomEncoder, saveEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"

interface Base {
  readonly shape: Parameters<typeof small>[0]
  /** Default 300. */
  readonly vocabSize?: number
  /** Of the weights. Default 1. */
  readonly seed?: number
}

/** Saves a RoBERTa of random weights whose tokenizer is learned from the texts: the base that a test's commands start from. */
export const saveBase = async (
  directory: string,
  texts: ReadonlyArray<string>,
  { seed = 1, shape, vocabSize = 300 }: Base
): Promise<void> => {
  await useEngine()
  const encoder = randomEncoder(small(shape), await trainByteLevelBpe(texts, { vocabSize }), seed)
  await saveEncoder(directory, encoder)
  encoder.dispose()
}
