import { FewShotOptions, FineTuneOptions, FitProbeSettings } from "@nuner/classifier"
import { option } from "@nuner/core"
import { Effect, Schema } from "effect"
import { finetuneStage } from "../stages/finetune.ts"
import { command, component } from "./command.ts"
import { encoder, file, labelledData, one, out, toggle } from "./components.ts"
import { show } from "./output.ts"

export const fitCommand = command("fit", {
  does: "Make a NER model from labelled sentences, few or many: says what it expects to score",
  alias: "finetune",
  arguments: { input: one("input", "labelled sentences, of any format") },
  options: {
    encoder,
    out: out("the model directory: encoder and head"),
    mode: option(FewShotOptions.fields.mode.to, {
      default: "auto",
      help: "auto: layers, classes, C and decoder chosen on held-out examples, and from 200 on whether to train the encoder too; probe: a linear layer on the frozen encoder; full: encoder and a two-layer head are trained"
    }),
    dev: file("labelled sentences that calibrate the scores; full: and choose the best epoch"),
    thresholds: toggle("tune on `dev`, and store, the least score of each type's entities"),
    test: file("labelled sentences to score on"),
    c: option(Schema.optionalKey(FitProbeSettings.fields.c.to), {
      help: "auto and probe: inverse L2 strength, or cv to choose it by cross-validation",
      absent: "cv"
    }),
    scheme: option(Schema.optionalKey(Schema.Literals(["bare", "BIO"])), {
      help: "bare: a class a type; BIO keeps neighbours apart",
      absent: "chosen from the data"
    }),
    layers: option(Schema.optionalKey(FineTuneOptions.fields.layers.to), {
      help: "hidden states to read, -1 the last",
      absent: "-1; auto: chosen"
    }),
    pooling: option(Schema.optionalKey(FineTuneOptions.fields.pooling.to), {
      help: "of a word's sub-tokens",
      absent: "mean; full: first"
    }),
    typeNames: file(
      "auto and probe: what labels are called: mit-movie, wnut17, ... or a JSON file of label to name, or none; what names say is where learning begins if the encoder has its concept encoder, as mini and those of nuner pretrain have",
      "the labels in words"
    )
  },
  components: {
    full: component(FineTuneOptions, {
      // What is said by the data, or is every mode's.
      except: ["batchTokens", "calibrate", "checkpoints", "layers", "pooling", "scheme", "types"],
      when: "of `mode` full"
    }),
    data: labelledData
  },
  reads: ({ dev, input, test }) => [input, dev, test],
  run: Effect.fnUntraced(function* ({ full, ...options }) {
    yield* finetuneStage({ ...options, ...full })
    yield* show(options.out)
  })
})
