import { InputError } from "@nuner/core"
import { type EncoderConfig, maxTokens, type Tokenizer } from "@nuner/encoder"

/** The sub-tokens of type names, special ones included. @throws InputError for a name that the encoder cannot take whole */
export const nameIds = async (
  names: ReadonlyArray<string>,
  { config, tokenizer }: { readonly config: EncoderConfig; readonly tokenizer: Tokenizer }
): Promise<Array<Int32Array>> => {
  const most = maxTokens(config)
  const encodings = await tokenizer.encodeBatch(names)
  return encodings.map(({ ids }, i) => {
    if (ids.length <= most) return ids
    const reason = `"${names[i]!.slice(0, 40)}..." has ${ids.length} sub-tokens, the encoder takes ${most}`
    throw new InputError({ source: "typeNames", reason, remedy: "shorten the name" })
  })
}
