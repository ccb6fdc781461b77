import {
  type ClassifierParts,
  classesOf,
  type FewShotInput,
  type FitProbeOptions,
  fitProbe,
  fitTemperature,
  headLogits,
  headOfScores,
  labelsOf,
  type Pooling,
  schemeTransitions,
  tokenClassifier,
  typesOf,
  wordFeatures
} from "@nuner/classifier"
import { type LabelledSentence, typesIn } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import type { ProgressUpdate } from "../services/Progress.ts"
import type { Fitted } from "./Fitted.ts"

export interface ProbeInput {
  readonly encoder: Encoder
  readonly train: ReadonlyArray<LabelledSentence>
  readonly dev: ReadonlyArray<LabelledSentence> | undefined
  readonly c?: NonNullable<FitProbeOptions["c"]>
  readonly scheme?: "bare" | "BIO"
  readonly layers?: ReadonlyArray<number>
  readonly pooling?: Pooling
  readonly types?: ReadonlyArray<string> | undefined
  /** See `fewShot`. */
  readonly names?: FewShotInput["names"]
  /** Of fine-tuning, where "auto" comes to it. */
  readonly checkpoints: string
  readonly signal: AbortSignal
  readonly update: (update: ProgressUpdate) => void
}

/** A linear layer on the frozen encoder; with a dev set, its temperature is fitted there. */
export const finetuneProbe = async (input: ProbeInput): Promise<Fitted> => {
  const { c = "cv", dev, encoder, layers = [-1], pooling = "mean", scheme = "bare", signal, train, types = [] } = input
  const onProgress = ({ of, sentences: done }: { readonly of: number; readonly sentences: number }) =>
    input.update({ stage: "fit", done, total: of })
  const features = { layers, pooling, signal, onProgress }
  const named = [...typesIn(train), ...types]
  const prior =
    input.names &&
    headOfScores(await input.names(named), classesOf(named, scheme), scheme, {
      ...{ hidden: encoder.config.hidden, depth: encoder.config.layers, layers }
    })
  const fit = fitProbe(await wordFeatures(encoder, train, features), train, { c, scheme, types }, { prior })
  const parts = { encoder, head: fit.head, layers, pooling, scheme }
  const temperature = dev === undefined ? 1 : await temperatureOn(dev, parts, signal)
  const note = `C = ${fit.c}${prior ? NAMED : ""}${dev === undefined ? "" : `, temperature ${temperature.toFixed(2)} by ${dev.length} dev sentences`}`
  return {
    classifier: tokenClassifier({
      ...parts,
      temperature,
      transitions: schemeTransitions(fit.head.classes, scheme)
    }),
    note,
    settings: { c: fit.c, layers, pooling, scheme, names: prior !== undefined }
  }
}

/** Of a summary. */
export const NAMED = ", types read by their names"

/** The temperature at which a classifier's probabilities fit labelled sentences best. */
export const temperatureOn = async (
  dev: ReadonlyArray<LabelledSentence>,
  { encoder, head, layers, pooling, scheme }: Omit<ClassifierParts, "temperature">,
  signal: AbortSignal
): Promise<number> => {
  const { classes } = head
  const known = dev.map(({ entities, ...sentence }) => ({
    ...sentence,
    // A type that training never has is no class of the head: its words calibrate nothing else than "none".
    entities: entities.filter(({ type }) => typesOf(classes, scheme).includes(type))
  }))
  const { values } = await wordFeatures(encoder, known, { layers, pooling, signal })
  return fitTemperature(headLogits(head, values), labelsOf(known, classes, scheme), classes.length)
}
