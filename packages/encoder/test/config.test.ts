import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import {
  bertBase,
  checkConfig,
  maxTokens,
  parseConfigJson,
  robertaBase,
  robertaLarge,
  small,
  toConfigJson
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
      ["hidden_act", "gelu_new"],
      ["hidden_act", "relu"],
      ["is_decoder", true],
      ["add_cross_attention", true],
      ["pruned_heads", { "0": [1] }],
      ["quantization_config", { bits: 4 }],
      ["model_type", "deberta-v2"],
      ["embedding_size", 128]
    ]
    for (const [field, value] of refused) {
      const text = JSON.stringify({ ...json, [field]: value })
      expect(() => parseConfigJson(text, "c.json")).toThrow(InputError)
      expect(() => parseConfigJson(text, "c.json")).toThrow(field)
    }
    expect(parseConfigJson(JSON.stringify({ ...json, pruned_heads: {}, torch_dtype: "float16" }), "c.json")).toEqual(
      robertaBase
    )
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
  expect([robertaBase, bertBase].map(maxTokens)).toEqual([512, 512])
})

test("numbers that don't fit together are refused", () => {
  expect(() => small({ heads: 3 })).toThrow(OptionError)
  expect(() => checkConfig({ ...robertaBase, dropout: 1 })).toThrow("dropout")
})
