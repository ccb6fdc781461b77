import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { finetuneStage } from "../stages/finetune.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import {
  classWeights,
  encoder,
  frozenLayers,
  given,
  input,
  integerList,
  lora,
  optional,
  out,
  without
} from "./flags.ts"
import { show } from "./output.ts"

const strength = Schema.Union([Schema.Literal("cv"), Schema.FiniteFromString.check(Schema.isGreaterThan(0))])

export const fitCommand = Command.make(
  "fit",
  {
    input: input("labelled sentences, of any format"),
    encoder: encoder(),
    out: out("the model directory: encoder and head"),
    mode: optional.choice(
      "mode",
      ["auto", "probe", "full"],
      "auto: layers, classes, C and decoder chosen on held-out examples, and from 200 on whether to train the encoder too (default); probe: a linear layer on the frozen encoder; full: encoder and a two-layer head are trained"
    ),
    dev: optional.text("dev", "labelled sentences that calibrate the scores; full: and choose the best epoch"),
    thresholds: Flag.Boolean("thresholds").pipe(
      Flag.withDescription("tune on --dev, and store, the least score of each type's entities"),
      Flag.optional
    ),
    test: optional.text("test", "labelled sentences to score on"),
    c: Flag.String("c").pipe(
      Flag.withDescription('auto and probe: inverse L2 strength, or "cv" (default) to choose it by cross-validation'),
      Flag.withSchema(strength),
      Flag.optional
    ),
    scheme: optional.choice(
      "scheme",
      ["bare", "BIO"],
      "bare: a class a type; BIO keeps neighbours apart; default: chosen from the data"
    ),
    layers: integerList("layers", "hidden states to read, -1 the last; default -1, auto: chosen").pipe(Flag.optional),
    pooling: optional.choice("pooling", ["first", "mean"], "of a word's sub-tokens; default mean, full: first"),
    epochs: optional.int("epochs", "full: passes over the sentences; default 30"),
    batchSize: optional.int("batch-size", "full: sentences of an update; default 8"),
    learningRate: optional.number(
      "learning-rate",
      "full: highest rate of the encoder; default 5e-5 (RoBERTa-base); small ones want 5e-4"
    ),
    headLearningRate: optional.number("head-learning-rate", "full: highest rate of the head; default 1e-3"),
    layerDecay: optional.number("layer-decay", "full: factor on the rate from each layer to the one below; default 1"),
    frozenLayers: frozenLayers.pipe(Flag.withAlias("freeze")),
    ...lora,
    headHidden: optional.int(
      "head-hidden",
      "full: width of the head's hidden layer, 0 for none; default a word's width"
    ),
    dropout: optional.number("dropout", "full: in the head; default 0.1"),
    warmup: optional.number("warmup", "full: share of the updates in which the rate rises; default 0.1"),
    weightDecay: optional.number("weight-decay", "full: of AdamW; default 0.01"),
    clip: optional.number("clip", "full: greatest norm of the gradient; default 1"),
    classWeights,
    metric: optional.choice("metric", ["entityF1", "tokenF1", "loss"], "full: best epoch by; default entityF1"),
    evaluateEvery: optional.int("evaluate-every", "full: epochs between looks at the dev set; default 1"),
    patience: optional.int("patience", "full: looks without a new best after which it stops; default: never"),
    checkpointEvery: optional.int("checkpoint-every", "full: epochs between checkpoints; default 5"),
    ...dataFlags,
    seed: optional.int("seed", "full: of the head, the order and dropout; default 0")
  },
  Effect.fn(function* ({ encoder, input, out, ...flags }) {
    yield* finetuneStage({ encoder, input, out, ...given(without(flags, dataFlags)), ...dataOf(flags) })
    yield* show(out)
  })
).pipe(
  Command.withDescription("Make a NER model from labelled sentences, few or many: says what it expects to score"),
  Command.withAlias("finetune")
)
