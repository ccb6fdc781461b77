import { FrozenLayers, loraFields } from "@nuner/encoder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { batchTokensField, featureFields } from "../features/FeatureOptions.ts"
import { type ClassScheme, classSchemes } from "../labels/classes.ts"

const withDefault = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))
const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const count = Schema.Int.check(Schema.isGreaterThan(0))
const rate = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1))

/** Fine-tuning (NuNER, section 6). What the paper leaves open has a default of ours. */
export const FineTuneOptions = Schema.Struct({
  ...featureFields,
  /** Passes over the training sentences. Default 30 (the paper's). */
  epochs: count.pipe(withDefault(30)),
  /** Sentences (windows of long ones) of an update. Default 8. */
  batchSize: count.pipe(withDefault(8)),
  /** The highest learning rate of the encoder. Default 5e-5, for a RoBERTa-base; one of a few million parameters wants 5e-4. */
  learningRate: positive.pipe(withDefault(5e-5)),
  /** The highest learning rate of the head. Default 1e-3: a new head has far to go in few updates. */
  headLearningRate: positive.pipe(withDefault(1e-3)),
  /** Factor on the learning rate from each layer to the one below it, embeddings lowest. Default 1. */
  layerDecay: positive.check(Schema.isLessThanOrEqualTo(1)).pipe(withDefault(1)),
  /** Share of the updates in which the rate rises; it then falls to 0. Default 0.1. */
  warmup: rate.pipe(withDefault(0.1)),
  /** Decoupled, on kernels and tables. Default 0.01. */
  weightDecay: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).pipe(withDefault(0.01)),
  /** Greatest norm of the gradient. Default 1. */
  clip: positive.pipe(withDefault(1)),
  /** Before each layer of the head; the encoder's own rates are those of its config. Default 0.1. */
  dropout: rate.pipe(withDefault(0.1)),
  /** Width of the head's hidden layer; 0: a single linear layer. Default: as wide as a word's vector. */
  headHidden: Schema.optionalKey(Schema.Natural),
  /** What stays as it is: "embeddings", these and so many bottom layers, or "half" of them. Default 0: everything is trained. */
  frozenLayers: FrozenLayers.pipe(withDefault<FrozenLayers>(0)),
  ...loraFields,
  /** "bare": a class a type. "BIO": neighbouring entities of one type stay apart; "IOBES": their ends are classes too. Default "bare". */
  scheme: Schema.Literals(classSchemes).pipe(withDefault<ClassScheme>("bare")),
  /** Types to have a class for beside those of the data. Default: none. */
  types: Schema.Array(Schema.NonEmptyString).pipe(withDefault<ReadonlyArray<string>>([])),
  /**
   * Weight of a word in the loss, by its type ("O" for none): given, or "balanced": words / (classes x words of the
   * class), scikit-learn's. Default: 1 for all.
   */
  classWeights: Schema.optionalKey(Schema.Union([Schema.Literal("balanced"), Schema.Record(Schema.String, positive)])),
  /** What decides on the dev set which epoch was best. Default "entityF1". */
  metric: Schema.Literals(["entityF1", "tokenF1", "loss"]).pipe(
    withDefault<"entityF1" | "tokenF1" | "loss">("entityF1")
  ),
  /** Epochs between evaluations on the dev set. Default 1. */
  evaluateEvery: count.pipe(withDefault(1)),
  /** Evaluations without a new best after which training stops. Default: never. Needs a dev set. */
  patience: Schema.optionalKey(count),
  /** Whether the temperature is fitted on the dev set. Default true. */
  calibrate: Schema.Boolean.pipe(withDefault(true)),
  /**
   * A directory for checkpoints; a run that finds one of its own there goes on from it, equal to the bit. Default: none
   * are written.
   */
  checkpoints: Schema.optionalKey(Schema.NonEmptyString),
  /** Epochs between checkpoints; the last and each new best are always kept. Default 5. */
  checkpointEvery: count.pipe(withDefault(5)),
  /** Of the head's first weights, the order of sentences and dropout. Default 0. */
  seed: Schema.Int.pipe(withDefault(0)),
  batchTokens: batchTokensField
})
export interface FineTuneOptions extends Schema.Schema.Type<typeof FineTuneOptions> {}
