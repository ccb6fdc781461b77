import {
  type FitProbeOptions,
  fitProbe,
  fitTemperature,
  headLogits,
  labelsOf,
  type Pooling,
  tokenClassifier,
  wordFeatures
} from "@nuner/classifier"
import type { LabelledSentence } from "@nuner/core"
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
  readonly types?: ReadonlyArray<string>
  readonly signal: AbortSignal
  readonly update: (update: ProgressUpdate) => void
}

/** A linear layer on the frozen encoder; with a dev set, its temperature is fitted there. */
export const finetuneProbe = async (input: ProbeInput): Promise<Fitted> => {
  const { c = "cv", dev, encoder, layers = [-1], pooling = "mean", scheme = "bare", signal, train, types = [] } = input
  const onProgress = ({ of, sentences: done }: { readonly of: number; readonly sentences: number }) =>
    input.update({ stage: "finetune", done, total: of })
  const features = { layers, pooling, signal, onProgress }
  const fit = fitProbe(await wordFeatures(encoder, train, features), train, { c, scheme, types })
  const { classes } = fit.head
  const known = dev?.map(({ entities, ...sentence }) => ({
    ...sentence,
    // A type that training never has is no class of the head: its words calibrate nothing else than "none".
    entities: entities.filter(({ type }) => classes.some((name) => name === type || name === `B-${type}`))
  }))
  const temperature =
    known === undefined
      ? 1
      : fitTemperature(
          headLogits(fit.head, (await wordFeatures(encoder, known, features)).values),
          labelsOf(known, classes, scheme),
          classes.length
        )
  const note = `C = ${fit.c}${known === undefined ? "" : `, temperature ${temperature.toFixed(2)} by ${known.length} dev sentences`}`
  return {
    classifier: tokenClassifier({ encoder, head: fit.head, scheme, layers, pooling, temperature }),
    note,
    settings: { c: fit.c, layers, pooling, scheme }
  }
}
