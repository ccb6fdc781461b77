import { type DropoutKey, dropout, linear, type Parameters, tf } from "@nuner/engine"

/** Dropout within a head while it is trained; absent: none. `site` names the place. */
export interface HeadDropout {
  readonly rate: number
  readonly key: Omit<DropoutKey, "site">
}

export const drop = <T extends tf.Tensor>(x: T, site: string, dropping: HeadDropout | undefined): T =>
  dropping ? dropout(x, dropping.rate, { ...dropping.key, site: `zeroshot/${site}` }) : x

/** `x W + b` with the weights of one name. */
export const linearOf = <T extends tf.Tensor>(parameters: Parameters, name: string, x: T): T =>
  linear(x, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!)

/**
 * `FFN(x) = W2 dropout(relu(W1 x + b1)) + b2`, whose layers stand at 0 and 3 in GLiNER's checkpoints.
 *
 * @param x [..., in]
 * @returns [..., out]
 */
export const feedForward = <T extends tf.Tensor>(
  parameters: Parameters,
  name: string,
  x: T,
  dropping?: HeadDropout
): T => linearOf(parameters, `${name}.3`, drop(tf.relu(linearOf(parameters, `${name}.0`, x)), name, dropping))
