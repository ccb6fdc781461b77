import { OptionError, option, Positive, PositiveInt, Rate } from "@nuner/core"
import * as Schema from "effect/Schema"

/** The options of LoRA as they stand in those of a training: flat, and all absent where everything is trained. */
export const loraFields = {
  loraRank: option(Schema.optionalKey(PositiveInt), {
    help: "trains adapters of this rank beside linear layers of the encoder, whose own weights stay as they are",
    absent: "no adapters"
  }),
  loraAlpha: option(Schema.optionalKey(Positive), {
    help: "adapters are scaled by `loraAlpha` / `loraRank`",
    absent: "twice the rank",
    needs: { option: "loraRank" }
  }),
  loraTargets: option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1))), {
    help: "the linear layers that get one: names or their endings (query, attention.output.dense); * stands for anything, alone for all layers, | between alternatives",
    absent: "query and value (Hu et al. 2021, section 4.2), whatever the architecture calls them",
    needs: { option: "loraRank" }
  }),
  loraDropout: option(Schema.optionalKey(Rate), {
    help: "dropout before an adapter",
    absent: "0",
    needs: { option: "loraRank" }
  })
}

const queryAndValue = ["query|q|q_lin|query_proj|Wqkv", "value|v|v_lin|value_proj|Wqkv"]

const Fields = Schema.Struct(loraFields)
export interface LoraOptions extends Schema.Schema.Type<typeof Fields> {}

/** What adapters need to be computed and made again. */
export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly targets: ReadonlyArray<string>
  readonly dropout: number
}

/**
 * The options with their defaults; undefined where there are to be no adapters.
 *
 * @throws OptionError for an option that does nothing without a rank
 */
export const loraSettings = (
  component: string,
  { loraAlpha, loraDropout, loraRank, loraTargets }: LoraOptions
): LoraSettings | undefined => {
  if (loraRank === undefined) {
    const stray = Object.entries({ loraAlpha, loraDropout, loraTargets }).find(([, value]) => value !== undefined)
    if (stray) throw new OptionError({ component, option: stray[0], reason: "does nothing without loraRank" })
    return undefined
  }
  return {
    rank: loraRank,
    alpha: loraAlpha ?? 2 * loraRank,
    targets: loraTargets ?? queryAndValue,
    dropout: loraDropout ?? 0
  }
}
