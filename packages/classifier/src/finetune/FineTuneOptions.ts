import { NonNegative, option, Positive, PositiveInt, Rate } from "@nuner/core"
import { FrozenLayers, frozenLayersHelp, loraFields } from "@nuner/encoder"
import * as Schema from "effect/Schema"
import { batchTokensField, featureFields } from "../features/FeatureOptions.ts"
import { classSchemes } from "../labels/classes.ts"

/** Fine-tuning (NuNER, section 6). What the paper leaves open has a default of ours. */
export const FineTuneOptions = Schema.Struct({
  ...featureFields,
  epochs: option(PositiveInt, { default: 30, help: "passes over the training sentences, the paper's" }),
  batchSize: option(PositiveInt, { default: 8, help: "sentences (windows of long ones) of an update" }),
  learningRate: option(Positive, {
    default: 5e-5,
    help: "the highest rate of the encoder, for a RoBERTa-base; mini wants 2e-4, one of a few million parameters 5e-4"
  }),
  headLearningRate: option(Positive, {
    default: 1e-3,
    help: "the highest rate of the head: a new one has far to go in few updates"
  }),
  layerDecay: option(Positive.check(Schema.isLessThanOrEqualTo(1)), {
    default: 1,
    help: "factor on the learning rate from each layer to the one below it, embeddings lowest"
  }),
  warmup: option(Rate, { default: 0.1, help: "share of the updates in which the rate rises; it then falls to 0" }),
  weightDecay: option(NonNegative, {
    default: 0.01,
    help: "of AdamW, decoupled, on kernels and tables"
  }),
  clip: option(Positive, { default: 1, help: "greatest norm of the gradient" }),
  dropout: option(Rate, {
    default: 0.1,
    help: "before each layer of the head; the encoder's own rates are those of its config"
  }),
  headHidden: option(Schema.optionalKey(Schema.Natural), {
    help: "width of the head's hidden layer; 0: a single linear layer",
    absent: "as wide as a word's vector"
  }),
  frozenLayers: option(FrozenLayers, { default: 0, help: frozenLayersHelp }),
  ...loraFields,
  scheme: option(Schema.Literals(classSchemes), {
    default: "bare",
    help: "bare: a class a type; BIO: neighbouring entities of one type stay apart; IOBES: their ends are classes too"
  }),
  types: option(Schema.Array(Schema.NonEmptyString), {
    default: [],
    help: "types to have a class for beside those of the data"
  }),
  classWeights: option(
    Schema.optionalKey(Schema.Union([Schema.Literal("balanced"), Schema.Record(Schema.String, Positive)])),
    {
      help: "weight of a word in the loss by its type, O for none: person=2,O=0.5, or balanced: words / (classes x words of the class), scikit-learn's",
      absent: "1 for all"
    }
  ),
  metric: option(Schema.Literals(["entityF1", "tokenF1", "loss"]), {
    default: "entityF1",
    help: "what decides on the dev set which epoch was best",
    needs: { option: "dev" }
  }),
  evaluateEvery: option(PositiveInt, {
    default: 1,
    help: "between evaluations on the dev set",
    unit: "epochs",
    needs: { option: "dev" }
  }),
  patience: option(Schema.optionalKey(PositiveInt), {
    help: "evaluations without a new best after which training stops",
    needs: { option: "dev" },
    absent: "never"
  }),
  calibrate: option(Schema.Boolean, {
    default: true,
    help: "whether the temperature is fitted on the dev set",
    needs: { option: "dev" }
  }),
  checkpoints: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "a directory for checkpoints; a run that finds one of its own there goes on from it, equal to the bit",
    absent: "none are written"
  }),
  checkpointEvery: option(PositiveInt, {
    default: 5,
    help: "between checkpoints; the last and each new best are always kept",
    unit: "epochs"
  }),
  seed: option(Schema.Int, { default: 0, help: "of the head's first weights, the order of sentences and dropout" }),
  batchTokens: batchTokensField
})
export interface FineTuneOptions extends Schema.Schema.Type<typeof FineTuneOptions> {}
