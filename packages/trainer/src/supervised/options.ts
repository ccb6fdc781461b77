import { decodeOptions } from "@nuner/core"
import { Schema } from "effect"
import { paperTraining, smallTraining, trainingFields } from "../training/settings.ts"

const Options = Schema.Struct(trainingFields)
export type SupervisedSettings = (typeof Options)["Type"]

/** Every setting, flat; those absent come from the preset. */
export type SupervisedOptions = Partial<(typeof Options)["Encoded"]> & {
  /** That of `pretrain`, so that the two objectives differ in nothing else: `"paper"` (default) freezes the bottom half, `"small"` nothing. */
  readonly preset?: "paper" | "small"
}

/** @throws OptionError for an unknown or out-of-range option */
export const decodeSupervisedOptions = ({ preset = "paper", ...options }: SupervisedOptions): SupervisedSettings =>
  decodeOptions("pretrainSupervised", Options, {
    ...{ paper: paperTraining, small: smallTraining }[preset],
    ...options
  })
