import { InputError, type LabelledSentence, OptionError } from "@nuner/core"
import type { FineTuneOptions } from "./FineTuneOptions.ts"

/** @throws InputError for data to learn nothing from, OptionError for options that ask for what is not there */
export const checkInput = (
  train: ReadonlyArray<LabelledSentence>,
  dev: ReadonlyArray<LabelledSentence> | undefined,
  { patience }: FineTuneOptions
): void => {
  const words = (sentences: ReadonlyArray<LabelledSentence>) => sentences.some(({ words }) => words.length > 0)
  if (!words(train))
    throw new InputError({ source: "train", reason: "holds no words", remedy: "give labelled sentences" })
  if (!train.some(({ entities }) => entities.length > 0)) {
    throw new InputError({ source: "train", reason: "holds no entity", remedy: "label at least one of each type" })
  }
  if (dev && !words(dev)) throw new InputError({ source: "dev", reason: "holds no words", remedy: "leave it out" })
  if (patience !== undefined && dev === undefined) {
    throw new OptionError({ component: "fineTune", option: "patience", reason: "needs a dev set" })
  }
}
