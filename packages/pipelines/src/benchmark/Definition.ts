import { FineTuneOptions } from "@nuner/classifier"
import { DataOptions, option, Positive, PositiveInt } from "@nuner/core"
import { samplers } from "@nuner/miner"
import { Schema } from "effect"

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
    help: "a word's vector: its first sub-token's (NuNER, section 4.1), or the mean over its sub-tokens"
  }),
  scheme: option(Schema.Literals(["auto", "bare", "BIO"]), {
    default: "auto",
    help: "classes of the head: bare, one a type (NuNER, section 4.1), BIO, or auto: bare for words, and for entities BIO where bare, which merges neighbours of one type, would keep a perfect labeller of the training data below an entity F1 of 99.5"
  }),
  c: option(Schema.Union([Positive, Schema.Literal("cv")]), {
    default: 0.1,
    help: "inverse L2 strength of the probe, or cv: chosen on each training set"
  }),
  byName: option(Schema.Boolean, {
    default: false,
    help: "whether what the types' names say is where the probe begins: of encoders that have the concept encoder that they were trained against"
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

const BenchmarkDataset = Schema.Struct({
  train: option(Schema.Union([Schema.NonEmptyString, Names.check(atLeastOne)]), {
    help: "labelled sentences that training sets are mined from, a file or several: see `readDataset`"
  }),
  test: option(Schema.NonEmptyString, { help: "labelled sentences that everything is scored on" }),
  types: option(Schema.optionalKey(Names.check(atLeastOne)), {
    help: "only these types: sets of sentences that have no other, scored on entities of these; others of the test set have no part in the scores",
    absent: "all of the training data; types that only the test set has count as missed"
  }),
  typeNames: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "what labels are called, where a probe is `byName`: mit-movie, wnut17, ... or a JSON file of label to name",
    absent: "the labels in words"
  }),
  data: option(Schema.optionalKey(DataOptions), {
    help: "how `train`, `test` and `exclude` are read",
    absent: "as any data"
  }),
  exclude: option(Names, {
    default: [],
    help: "text, JSON Lines or labelled files: sentences of the test set that stand in them are removed, and counted"
  })
})

/** Model directory or hub name; several are seeds of one treatment: their scores are averaged, their spread is shown. */
const Models = Schema.Union([Schema.NonEmptyString, Names.check(atLeastOne)])

/** A comparison of encoders: what a benchmark file holds. */
export const Definition = Schema.Struct({
  encoders: option(
    named(
      Schema.Union([
        Models,
        Schema.Struct({
          models: Models,
          layers: Schema.optionalKey(Schema.Array(Schema.Int).check(atLeastOne)),
          byName: Schema.optionalKey(Schema.Boolean)
        })
      ])
    ),
    {
      help: 'name -> model directory or hub name; a list is one treatment with several seeds, whose scores are averaged and whose spread is shown; `{"models": ..., "layers": [-3]}` reads other layers than the protocol\'s, from the same pass, and with `"byName": true` the types\' names'
    }
  ),
  datasets: option(named(BenchmarkDataset), {
    help: "name -> `train` (sets are mined from it: a file, or a list), `test`, `exclude`, `types` (only these), `data` (how they are read)"
  }),
  exclude: option(Names, {
    default: [],
    help: "text, JSON Lines or labelled files, for all datasets: test sentences that stand in them are removed and counted (compared by `sentenceKey`): the text that the encoders were made from"
  }),
  k: option(Schema.optionalKey(Schema.Array(PositiveInt).check(atLeastOne)), {
    help: "sets with k to 2k entities of each type",
    absent: "1, 2, 4, ..., 64 where there is no `words` and no `whole`"
  }),
  words: option(Schema.optionalKey(Schema.Array(PositiveInt).check(atLeastOne)), {
    help: "instead of `k`: sets with exactly so many words of each type"
  }),
  whole: option(Schema.optionalKey(Schema.Literal(true)), {
    help: "instead of `k`: the whole training data, learned `sets` times"
  }),
  sets: option(Schema.optionalKey(PositiveInt), {
    help: "sets of each size",
    absent: "10; for `words` the paper's 16 / 8 / 4 / 2 / 1; for `whole` 1"
  }),
  sampler: option(Schema.Literals(samplers), {
    default: "random-order",
    help: "how sets of `k` are drawn: as Ding et al. (2021), or from the rarest type on, which gives smaller sets"
  }),
  testSize: option(Schema.optionalKey(PositiveInt), {
    help: "score on so many test sentences, drawn once",
    absent: "all"
  }),
  seed: option(Schema.Int, { default: 0, help: "of sets, drawn sentences, heads, resampling" }),
  protocol: option(Schema.Union([FrozenProtocol, FullProtocol]), {
    default: { type: "frozen" },
    help: "frozen, with the options of a probe, or full, with those of `fineTune` that need no dev set"
  }),
  paper: option(Schema.optionalKey(Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 11 })))), {
    help: "numbers of the paper's tables to print below ours",
    absent: "those of the protocol"
  })
})
export type Definition = typeof Definition.Type
/** As it is written: what has a default may be absent. */
export type DefinitionInput = typeof Definition.Encoded
