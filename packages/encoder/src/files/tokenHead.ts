import { InputError } from "@nuner/core"
import { backboneOf } from "../backbones/backbones.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import type { Checkpoint } from "./Checkpoint.ts"

/** Whether Python's `...ForTokenClassification` is one linear layer over the last hidden state. */
export const hasLinearLabels = (config: Pick<EncoderConfig, "architecture">): boolean =>
  backboneOf(config).deepLabels !== true

/** The labels' layer, and what pre-training leaves beside it: logits come by none of that. */
const beside = [
  ...[/^classifier\.(weight|bias)$/, /^pooler\./, /^cls\./, /^(generator_)?lm_head\./, /^vocab_\w+\./],
  ...[/^(lm|mask|discriminator|generator)_predictions\./]
]

const roomOf = (name: string): string => name.split(".", 1)[0]!

/**
 * A tensor beside the encoder that is neither (a hidden layer, a CRF) would change the labels.
 *
 * @throws InputError naming it
 */
export const checkTokenHead = (
  config: EncoderConfig,
  { names, source }: Pick<Checkpoint, "names" | "source">
): void => {
  const rooms = new Set(parameterSpecs(config).map(({ name }) => roomOf(name)))
  const stranger = names.find((name) => !rooms.has(roomOf(name)) && !beside.some((one) => one.test(name)))
  if (stranger === undefined) return
  const reason = "stands before or behind the labels' linear layer: such a head is not computed here"
  const remedy = `train one on the encoder alone: nuner fit --encoder ${source}`
  throw new InputError({ source, field: stranger, reason, remedy })
}
