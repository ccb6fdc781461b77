import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Pooling } from "../features/FeatureOptions.ts"
import { classSchemes } from "../labels/classes.ts"

const withDefault = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))
const positive = Schema.Finite.check(Schema.isGreaterThan(0))

/** What `fewShot` is to choose from; what is given is taken as it is. */
export const FewShotOptions = Schema.Struct({
  /**
   * "probe": a linear layer on the frozen encoder. "full": encoder and head trained together. "auto": the probe, or "full" where there are
   * `fullFrom` examples or more, it is done in `seconds`, and it is better on held-out ones. Default "auto".
   */
  mode: Schema.Literals(["auto", "probe", "full"]).pipe(withDefault<"auto" | "probe" | "full">("auto")),
  /** Hidden states to read. Default: chosen, the last or the last and the middle one. */
  layers: Schema.optionalKey(Schema.Array(Schema.Int).check(Schema.isMinLength(1))),
  /** A word's vector: its first sub-token's, or the mean over its sub-tokens. Default "mean". */
  pooling: Schema.Literals(["first", "mean"]).pipe(withDefault<Pooling>("mean")),
  /** How classes write entities down. Default: chosen. */
  scheme: Schema.optionalKey(Schema.Literals(classSchemes)),
  /** Inverse L2 strength of the probe. Default: chosen. */
  c: Schema.optionalKey(positive),
  /** Weight of the learned transitions in decoding; 0 leaves what the scheme forbids. Default: chosen. */
  transitions: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Parts that the examples are divided into: each is held out once. Default 5. */
  folds: Schema.Int.check(Schema.isGreaterThan(1)).pipe(withDefault(5)),
  /** From so many examples on "auto" tries "full". Default 200. */
  fullFrom: Schema.Int.check(Schema.isGreaterThan(0)).pipe(withDefault(200)),
  /** What trying "full" and taking it may take, as estimated from the speed of encoding. Default 600. */
  seconds: positive.pipe(withDefault(600)),
  /** Passes of "full" over the examples. Default 10. */
  epochs: Schema.Int.check(Schema.isGreaterThan(0)).pipe(withDefault(10)),
  /** Highest learning rate of the encoder in "full". Default 2e-4. */
  learningRate: positive.pipe(withDefault(2e-4)),
  /** Of "full", and of the interval. Default 0. */
  seed: Schema.Int.pipe(withDefault(0))
})
export interface FewShotOptions extends Schema.Schema.Type<typeof FewShotOptions> {}
