import { backboneOf } from "../backbones/backbones.ts"
import { type EncoderConfig, maxTokens } from "../config/EncoderConfig.ts"
import { pythonClass } from "./pythonClass.ts"
import type { Tokenizer } from "./Tokenizer.ts"

/** The tokenizer's files of a Hugging Face directory, by name. */
export const tokenizerFiles = (tokenizer: Tokenizer, config: EncoderConfig): Record<string, string> => {
  const { first, last, pad, unknown, mask } = tokenizer.special
  const roberta = first.token === "<s>"
  const tokens = {
    ...(roberta ? { bos_token: first.token, eos_token: last.token } : {}),
    cls_token: first.token,
    sep_token: last.token,
    pad_token: pad.token,
    unk_token: unknown.token,
    ...(mask ? { mask_token: mask.token } : {})
  }
  const { model, normalizer, pre_tokenizer } = JSON.parse(tokenizer.json)
  const settings = {
    ...tokens,
    ...(model.type === "WordPiece" && {
      do_lower_case: normalizer?.lowercase ?? false,
      strip_accents: normalizer?.strip_accents ?? null,
      tokenize_chinese_chars: normalizer?.handle_chinese_chars ?? true
    }),
    ...(model.type === "BPE" && { add_prefix_space: pre_tokenizer?.add_prefix_space ?? false, trim_offsets: true }),
    clean_up_tokenization_spaces: false,
    model_max_length: maxTokens(config),
    model_input_names: ["input_ids", ...(backboneOf(config).tokenTypes ? ["token_type_ids"] : []), "attention_mask"],
    tokenizer_class: pythonClass(tokenizer)
  }
  return {
    "tokenizer.json": tokenizer.json,
    "tokenizer_config.json": `${JSON.stringify(settings, null, 2)}\n`,
    "special_tokens_map.json": `${JSON.stringify(tokens, null, 2)}\n`
  }
}
