import { InputError } from "@nuner/core"

/** Layers, width and heads of DeBERTa-v3 (He et al. 2021, table 1), on which the older models are built. */
const sizes: Readonly<Record<string, readonly [layers: number, hidden: number, heads: number]>> = {
  small: [6, 768, 12],
  base: [12, 768, 12],
  large: [24, 1024, 16]
}

/** config.json of the encoder that a model without `encoder_config` names. @throws InputError for one that is not known by its name */
export const baseConfig = (name: string, source: string): Record<string, unknown> => {
  const size = sizes[/^microsoft\/deberta-v3-(\w+)$/.exec(name)?.[1] ?? ""]
  if (size === undefined) {
    const remedy = `add encoder_config, the content of config.json of "${name}"`
    throw new InputError({ source, field: "encoder_config", reason: "is missing", remedy })
  }
  const [layers, hidden, heads] = size
  return {
    model_type: "deberta-v2",
    vocab_size: 128_100,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * hidden,
    max_position_embeddings: 512,
    layer_norm_eps: 1e-7,
    position_buckets: 256,
    relative_attention: true,
    pos_att_type: "p2c|c2p",
    share_att_key: true,
    norm_rel_ebd: "layer_norm",
    position_biased_input: false,
    max_relative_positions: -1,
    type_vocab_size: 0,
    hidden_act: "gelu",
    pad_token_id: 0
  }
}
