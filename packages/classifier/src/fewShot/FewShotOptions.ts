import { NonNegative, option, Positive, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"
import { classSchemes } from "../labels/classes.ts"

/** What `fewShot` is to choose from; what is given is taken as it is. */
export const FewShotOptions = Schema.Struct({
  mode: option(Schema.Literals(["auto", "probe", "full"]), {
    default: "auto",
    help: "probe: a linear layer on the frozen encoder; full: encoder and head trained together; auto: the probe, or full where there are `fullFrom` examples or more, it is done in `seconds`, and it is better on held-out ones"
  }),
  layers: option(Schema.optionalKey(Schema.Array(Schema.Int).check(Schema.isMinLength(1))), {
    help: "hidden states to read, -1 the last",
    absent: "chosen: the last, or the last and the middle one"
  }),
  pooling: option(Schema.Literals(["first", "mean"]), {
    default: "mean",
    help: "a word's vector: that of its first sub-token, or the mean over its sub-tokens"
  }),
  scheme: option(Schema.optionalKey(Schema.Literals(classSchemes)), {
    help: "how classes write entities down",
    absent: "chosen"
  }),
  c: option(Schema.optionalKey(Positive), { help: "inverse L2 strength of the probe", absent: "chosen" }),
  transitions: option(Schema.optionalKey(NonNegative), {
    help: "weight of the learned transitions in decoding; 0 leaves what the scheme forbids",
    absent: "chosen; 0.35 in full"
  }),
  folds: option(Schema.Int.check(Schema.isGreaterThan(1)), {
    default: 5,
    help: "parts that the examples are divided into: each is held out once"
  }),
  fullFrom: option(PositiveInt, {
    default: 200,
    help: "examples from which on auto tries full; there it begins to reach the probe of mini (benchmarks/mini/README.md)"
  }),
  seconds: option(Positive, {
    default: 600,
    help: "what trying full and taking it may take, as estimated from the speed of encoding",
    unit: "seconds"
  }),
  epochs: option(PositiveInt, { default: 10, help: "passes of full over the examples" }),
  learningRate: option(Positive, { default: 2e-4, help: "highest rate of the encoder in full" }),
  checkpoints: option(Schema.optionalKey(Schema.NonEmptyString), {
    help: "a directory for checkpoints of full, one after each pass; a run that finds its own there goes on from them, equal to the bit, whatever `seconds` says",
    absent: "none are written"
  }),
  seed: option(Schema.Int, { default: 0, help: "of full, and of the interval" })
})
export interface FewShotOptions extends Schema.Schema.Type<typeof FewShotOptions> {}
