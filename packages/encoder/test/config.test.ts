import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import {
  bertBase,
  checkConfig,
  debertaV3Base,
  distilbertBase,
  type EncoderConfig,
  electraSmall,
  maxTokens,
  modernbertBase,
  mpnetBase,
  parseConfigJson,
  robertaBase,
  robertaLarge,
  small,
  toConfigJson,
  xlmRobertaBase
} from "../src/index.ts"
import { countParameters } from "../src/model/parameterSpecs.ts"

describe("config.json", () => {
  test("is written and read without loss", () => {
    for (const config of [robertaBase, robertaLarge, bertBase, small(), small({ architecture: "bert", hidden: 64 })]) {
      expect(parseConfigJson(toConfigJson(config), "config.json")).toEqual(config)
    }
  })

  test("as Python transformers writes it", async () => {
    const read = async (name: string) => {
      const path = join(import.meta.dir, "fixtures", name, "config.json")
      return parseConfigJson(await Bun.file(path).text(), path)
    }
    const sizes = { hidden: 16, layers: 3, heads: 4, feedForward: 40, positions: 48 }
    expect(await read("roberta")).toMatchObject({
      architecture: "roberta",
      padId: 1,
      typeVocab: 1,
      layerNormEps: 1e-5,
      ...sizes
    })
    expect(await read("bert-token-classification")).toMatchObject({
      architecture: "bert",
      padId: 0,
      typeVocab: 2,
      ...sizes
    })
  })

  test("with a field that we don't implement is refused by the field's name", () => {
    const json = JSON.parse(toConfigJson(robertaBase))
    const refused: Array<[string, unknown]> = [
      ["position_embedding_type", "relative_key"],
      ["position_embedding_type", "relative_key_query"],
      ["position_embedding_type", "alibi"],
      ...["gelu_new", "gelu_fast", "gelu_10", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "swish", "geglu"].map(
        (name): [string, unknown] => ["hidden_act", name]
      ),
      ["is_decoder", true],
      ["add_cross_attention", true],
      ["pruned_heads", { "0": [1] }],
      ["quantization_config", { bits: 4 }],
      ...["longformer", "albert", "roberta-prelayernorm", "gpt2", "toString", undefined].map(
        (name): [string, unknown] => ["model_type", name]
      ),
      ["embedding_size", 128],
      ["auto_map", { AutoModel: "modeling.OtherModel" }],
      ["alibi_starting_size", 512],
      ["attention_window", [512]],
      ["is_encoder_decoder", true],
      ["rope_scaling", { type: "linear", factor: 2 }],
      ["layer_types", ["full_attention"]]
    ]
    for (const [field, value] of refused) {
      const text = JSON.stringify({ ...json, [field]: value })
      expect(() => parseConfigJson(text, "c.json")).toThrow(InputError)
      expect(() => parseConfigJson(text, "c.json")).toThrow(field)
    }
  })

  test("of ModernBERT in its newer, nested form says the same; patterns and scalings that we have not are refused", () => {
    const json = JSON.parse(toConfigJson({ ...modernbertBase, layers: 4 }))
    const { global_attn_every_n_layers, global_rope_theta, local_rope_theta, ...rest } = json
    const kinds = [0, 1, 1, 0].map((other) => (other ? "sliding_attention" : "full_attention"))
    const rope = (theta: number, rope_type = "default") => ({ rope_theta: theta, rope_type })
    const nested = (layer_types: Array<string>, full = rope(5e4)) =>
      parseConfigJson(
        JSON.stringify({
          ...rest,
          layer_types,
          rope_parameters: { full_attention: full, sliding_attention: rope(2e4) }
        }),
        "c.json"
      )
    const said = { globalEvery: 3, globalTheta: 5e4, localTheta: 2e4 }
    expect(nested(kinds)).toEqual({ ...modernbertBase, layers: 4, ...said } as EncoderConfig)
    expect(() => nested(kinds.toReversed().slice(1))).toThrow("layer_types")
    expect(() => nested(kinds, rope(5e4, "yarn"))).toThrow("rope_parameters")
  })

  test("with fields that change nothing here is read without them", () => {
    const passed = {
      ...{ pruned_heads: {}, torch_dtype: "float16", dtype: "bfloat16", quantization_config: null, auto_map: {} },
      // What heads and training have to do with.
      ...{ classifier_dropout: 0.3, tie_word_embeddings: false, problem_type: null, num_labels: 9, id2label: {} },
      ...{ pooler_type: "first_token_transform", pooler_fc_size: 768, directionality: "bidi", initializer_factor: 1 },
      // How it is computed, not what.
      ...{ chunk_size_feed_forward: 128, gradient_checkpointing: true, use_cache: true, torchscript: true },
      ...{
        attn_implementation: "sdpa",
        output_attentions: true,
        output_hidden_states: true,
        cross_attention_hidden_size: 3
      },
      ...{ hidden_act: "gelu_python", embedding_size: 768, position_embedding_type: undefined, is_decoder: false }
    }
    const json = { ...JSON.parse(toConfigJson(robertaBase)), ...passed }
    expect(parseConfigJson(JSON.stringify(json), "c.json")).toEqual(robertaBase)
  })

  test("without a field means what transformers assumes", () => {
    const { layer_norm_eps, pad_token_id, type_vocab_size, hidden_act, position_embedding_type, ...rest } = JSON.parse(
      toConfigJson(robertaBase)
    )
    const defaults = { padId: 1, typeVocab: 2, layerNormEps: 1e-12 }
    expect(parseConfigJson(JSON.stringify(rest), "c.json")).toEqual({ ...robertaBase, ...defaults })
    const asked = { ...rest, type_vocab_size: 5, layer_norm_eps: 1e-3, pad_token_id: 0, model_type: "bert" }
    const said = { architecture: "bert", padId: 0, typeVocab: 5, layerNormEps: 1e-3 }
    expect(parseConfigJson(JSON.stringify(asked), "c.json")).toMatchObject(said)
  })

  test("with nonsense is refused by the field's name", () => {
    const json = JSON.parse(toConfigJson(robertaBase))
    const cases: Array<[string, unknown, string]> = [
      ["hidden_size", "768", "hidden_size"],
      ["hidden_size", undefined, "hidden_size"],
      ["num_attention_heads", 7, "heads"],
      ["num_hidden_layers", -1, "layers"],
      ["num_hidden_layers", 2147483648, "layers"],
      ["vocab_size", 1.5, "vocabSize"],
      ["max_position_embeddings", 3, "positions"],
      ["pad_token_id", 99_999, "padId"],
      ["layer_norm_eps", 0, "layerNormEps"]
    ]
    for (const [field, value, named] of cases) {
      expect(() => parseConfigJson(JSON.stringify({ ...json, [field]: value }), "c.json")).toThrow(named)
    }
    for (const text of ["", "[]", "null", "{"]) expect(() => parseConfigJson(text, "c.json")).toThrow(InputError)
  })
})

test("presets have the sizes of the published models", () => {
  // Without pooler and heads; from the models' cards: 125M, 355M, 110M with them.
  expect(countParameters(robertaBase)).toBe(124_055_040)
  expect(countParameters(robertaLarge)).toBe(354_310_144)
  expect(countParameters(bertBase)).toBe(108_891_648)
  // Counted in Python's models of these configs, poolers apart.
  expect(countParameters(mpnetBase)).toBe(108_895_872)
  expect(countParameters(electraSmall)).toBe(13_483_008)
  expect(countParameters(distilbertBase)).toBe(66_362_880)
  expect(countParameters(xlmRobertaBase)).toBe(277_453_056)
  expect(countParameters(modernbertBase)).toBe(149_014_272)
  expect(countParameters(debertaV3Base)).toBe(183_831_552)
  expect([robertaBase, bertBase].map(maxTokens)).toEqual([512, 512])
})

test("numbers that don't fit together are refused", () => {
  expect(() => small({ heads: 3 })).toThrow(OptionError)
  expect(() => checkConfig({ ...robertaBase, dropout: 1 })).toThrow("dropout")
})
