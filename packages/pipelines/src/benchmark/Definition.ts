import { FineTuneOptions } from "@nuner/classifier"
import { DataOptions, option } from "@nuner/core"
import { type Sampler, samplers } from "@nuner/miner"
import { Effect, Schema } from "effect"

const count = Schema.Int.check(Schema.isGreaterThan(0))
const withDefault = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))
const atLeastOne = Schema.isMinLength(1)
const named = <S extends Schema.Constraint>(value: S) =>
  Schema.Record(Schema.NonEmptyString, value).check(Schema.isMinProperties(1))

/** One linear layer on word vectors that are computed once (NuNER, section 4.1). */
export const FrozenProtocol = Schema.Struct({
  type: Schema.Literal("frozen"),
  layers: option(Schema.Array(Schema.Int).check(atLeastOne), {
    default: [-1],
    help: "hidden states to concatenate, -1 the last"
  }),
  pooling: option(Schema.Literals(["first", "mean"]), {
    default: "mean",
    help: "a word's vector: its first sub-token's, or the mean over its sub-tokens"
  }),
  scheme: option(Schema.Literals(["auto", "bare", "BIO"]), {
    default: "auto",
    help: "classes of the head: bare, one a type (NuNER, section 4.1), BIO, or auto: bare for words, and for entities BIO where bare, which merges neighbours of one type, would keep a perfect labeller below an entity F1 of 99.5"
  }),
  c: option(Schema.Union([Schema.Finite.check(Schema.isGreaterThan(0)), Schema.Literal("cv")]), {
    default: 0.1,
    help: "inverse L2 strength of the probe, or cv: chosen on each training set"
  })
})
export type FrozenProtocol = typeof FrozenProtocol.Type

// There is no dev set: what depends on one is no option here.
const { calibrate, checkpointEvery, checkpoints, evaluateEvery, metric, patience, seed, types, ...fineTuneFields } =
  FineTuneOptions.fields

/** Head and encoder trained together (NuNER, section 6), with the options and defaults of `fineTune`. */
export const FullProtocol = Schema.Struct({ type: Schema.Literal("full"), ...fineTuneFields })
export type FullProtocol = typeof FullProtocol.Type

const Names = Schema.Array(Schema.NonEmptyString)

export const BenchmarkDataset = Schema.Struct({
  /** Labelled sentences that training sets are mined from, a file or several: see `readDataset`. */
  train: Schema.Union([Schema.NonEmptyString, Names.check(atLeastOne)]),
  /** Labelled sentences that everything is scored on. */
  test: Schema.NonEmptyString,
  /**
   * Only these types: sets of sentences that have no other, scored on entities of these. Default: all of the training data, and whatever
   * else the test set has counts as missed.
   */
  types: Schema.optionalKey(Names.check(atLeastOne)),
  /** How `train` and `test` are read. */
  data: Schema.optionalKey(DataOptions),
  /** Text, JSON Lines or labelled files: sentences of the test set that stand in them are removed, and counted. */
  exclude: Names.pipe(withDefault<ReadonlyArray<string>>([]))
})

/** Model directory or hub name; several are seeds of one treatment: their scores are averaged, their spread is shown. */
const Models = Schema.Union([Schema.NonEmptyString, Names.check(atLeastOne)])

/** A comparison of encoders: what a benchmark file holds. */
export const Definition = Schema.Struct({
  /** Name -> models, or models and the hidden states to read of them, in place of the protocol's `layers`. */
  encoders: named(
    Schema.Union([Models, Schema.Struct({ models: Models, layers: Schema.Array(Schema.Int).check(atLeastOne) })])
  ),
  datasets: named(BenchmarkDataset),
  /** As a dataset's own `exclude`, for all of them: the text that the encoders were made from. */
  exclude: Names.pipe(withDefault<ReadonlyArray<string>>([])),
  /** Sets with k to 2k entities of each type. Default 1, 2, 4, ..., 64 where there is no `words` and no `whole`. */
  k: Schema.optionalKey(Schema.Array(count).check(atLeastOne)),
  /** Instead of `k`: sets with exactly so many words of each type. */
  words: Schema.optionalKey(Schema.Array(count).check(atLeastOne)),
  /** Instead of `k`: the whole training data, learned `sets` times. */
  whole: Schema.optionalKey(Schema.Literal(true)),
  /** Sets for each k. Default 10; for words the paper's 16 / 8 / 4 / 2 / 1; for the whole 1. */
  sets: Schema.optionalKey(count),
  /** How sets of `k` are drawn: "random-order" (Ding et al. 2021), or "rarest-first". Default "random-order". */
  sampler: Schema.Literals(samplers).pipe(withDefault<Sampler>("random-order")),
  /** Score on so many sentences of the test set, drawn once. Default: all. */
  testSize: Schema.optionalKey(count),
  /** Of the sets, the drawn test sentences, heads and resampling. Default 0. */
  seed: Schema.Int.pipe(withDefault(0)),
  /** Default `{ "type": "frozen" }`. */
  protocol: Schema.Union([FrozenProtocol, FullProtocol]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed({ type: "frozen" as const }))
  ),
  /** Tables of the paper to print beside, by number. Default: those of the protocol. */
  paper: Schema.optionalKey(Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 11 }))))
})
export type Definition = typeof Definition.Type
/** As it is written: what has a default may be absent. */
export type DefinitionInput = typeof Definition.Encoded
