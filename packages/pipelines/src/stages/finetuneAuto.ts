import { type FewShotModel, fewShot, tokenClassifier } from "@nuner/classifier"
import type { Fitted } from "./Fitted.ts"
import { NAMED, type ProbeInput, temperatureOn } from "./finetuneProbe.ts"

/** What `fewShot` makes of the sentences; with a dev set, its temperature is fitted there. */
export const finetuneAuto = async (input: ProbeInput): Promise<Fitted> => {
  const { c, checkpoints, dev, encoder, layers, names, pooling, scheme, signal, train, update } = input
  const model = await fewShot({
    ...{ examples: train, checkpoints, encoder, names, signal },
    ...(typeof c === "number" && { c }),
    ...(layers && { layers }),
    ...(pooling && { pooling }),
    ...(scheme && { scheme }),
    onProgress: ({ done, of, stage }) => update({ stage: "fit", done, total: of, note: stage })
  })
  const temperature = dev === undefined ? 1 : await temperatureOn(dev, model, signal)
  const { mode, setting } = model
  const calibrated = dev === undefined ? "" : `, temperature ${temperature.toFixed(2)} by ${dev.length} dev sentences`
  return {
    classifier: tokenClassifier({ ...model, temperature }),
    note: `${describe(model)}${calibrated}${expectation(model)}`,
    settings: { chosen: mode, ...setting, pooling: model.pooling }
  }
}

const describe = ({ mode, setting: { c, layers, names, scheme } }: FewShotModel): string =>
  mode === "full"
    ? "encoder trained too"
    : `layers ${layers.join(", ")}, ${scheme} classes, C = ${c}${names ? NAMED : ""}`

const expectation = ({ expected }: FewShotModel): string => {
  if (expected === undefined) return ""
  const [f1, low, high] = [expected.f1, expected.low, expected.high].map((value) => (100 * value).toFixed(0))
  const sure = (100 * expected.confidence).toFixed(0)
  return `; expected entity F1 ${f1} (${low} to ${high}, ${sure} %), by ${expected.examples} held-out examples`
}
