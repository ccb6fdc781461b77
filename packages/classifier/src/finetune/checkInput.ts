import { InputError, type LabelledSentence, OptionError } from "@nuner/core"
import type { EncoderConfig } from "@nuner/encoder"
import type { FineTuneOptions } from "./FineTuneOptions.ts"

/** @throws InputError for data to learn nothing from, OptionError for options that ask for what is not there */
export const checkInput = (
  { layers }: EncoderConfig,
  train: ReadonlyArray<LabelledSentence>,
  dev: ReadonlyArray<LabelledSentence> | undefined,
  { freeze, patience }: FineTuneOptions
): void => {
  const words = (sentences: ReadonlyArray<LabelledSentence>) => sentences.some(({ words }) => words.length > 0)
  if (!words(train))
    throw new InputError({ source: "train", reason: "holds no words", remedy: "give labelled sentences" })
  if (!train.some(({ entities }) => entities.length > 0)) {
    throw new InputError({ source: "train", reason: "holds no entity", remedy: "label at least one of each type" })
  }
  if (dev && !words(dev)) throw new InputError({ source: "dev", reason: "holds no words", remedy: "leave it out" })
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "fineTune", option, reason })
  }
  if (freeze !== undefined && freeze > layers) fail("freeze", `the encoder has ${layers} layers, not ${freeze}`)
  if (patience !== undefined && dev === undefined) fail("patience", "needs a dev set")
}
