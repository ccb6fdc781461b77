import { option } from "@nuner/core"
import { MaskedLanguageOptions } from "@nuner/trainer"
import { Schema } from "effect"
import { BaseShape, baseStage } from "../stages/base.ts"
import { command, component } from "./command.ts"
import { file, out, seed, several, textData } from "./components.ts"

export const baseCommand = command("base", {
  does: "Make a small RoBERTa and its tokenizer from text alone, or adapt an encoder to text",
  arguments: { inputs: several("text", "raw text: files of any format, and folders") },
  options: {
    out: out("the model directory"),
    from: file("a model directory or hub name to adapt to the text, instead of making a base from nothing"),
    tokens: option(Schema.Natural, { default: 0, help: "tokens of language modelling; 0: the weights stay random" }),
    seed
  },
  components: {
    shape: component(BaseShape, { when: "without `from`" }),
    language: component(MaskedLanguageOptions, { except: ["preset", "seed", "tokens"], when: "with `tokens`" }),
    data: textData
  },
  reads: ({ inputs }) => inputs,
  run: ({ data, language, shape, ...options }) => baseStage({ ...options, ...shape, ...language, data })
})
