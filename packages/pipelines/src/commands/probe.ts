import { basename } from "node:path"
import { samplers } from "@nuner/miner"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { probeStage } from "../stages/probe.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { given, integerList, ks, optional, out, sampling, seed, sets, types, without } from "./flags.ts"
import { show } from "./output.ts"

export const probeCommand = Command.make(
  "probe",
  {
    encoders: Flag.String("encoder").pipe(
      Flag.withDescription(
        "a model directory or hub name, or name=directory; give it once for each encoder; default mini"
      ),
      Flag.atLeast(0),
      Flag.map((given) => (given.length === 0 ? ["mini"] : given))
    ),
    train: Flag.String("train").pipe(Flag.withDescription("labelled sentences to mine training sets from")),
    test: Flag.String("test").pipe(Flag.withDescription("labelled sentences to score on")),
    out: out("one line a probe, JSON Lines; the table beside it as Markdown"),
    ks: ks([1, 2, 4, 8, 16, 32, 64]),
    sets: sets(10),
    sampler: optional.choice("sampler", samplers, sampling),
    types,
    layers: integerList("layers", "hidden states to read, -1 the last; default -1").pipe(Flag.optional),
    pooling: optional.choice("pooling", ["first", "mean"], "of a word's sub-tokens; default mean"),
    scheme: optional.choice(
      "scheme",
      ["auto", "bare", "BIO"],
      "classes of the head; default auto: one a type for words, BIO for entities where that would merge too many neighbours"
    ),
    c: optional.number("c", "inverse L2 strength of the probe; default 0.1"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ encoders, out, seed, sets, test, train, ...flags }) {
    const named = Object.fromEntries(
      encoders.map((encoder) => {
        const [name, path] = encoder.includes("=") ? encoder.split("=", 2) : [basename(encoder), encoder]
        return [name, path!]
      })
    )
    yield* show(
      yield* probeStage({
        encoders: named,
        ks: [1, 2, 4, 8, 16, 32, 64],
        out,
        seed,
        sets,
        test,
        train,
        ...given(without(flags, dataFlags)),
        ...dataOf(flags)
      })
    )
  })
).pipe(Command.withDescription("Frozen few-shot transfer: a table of F1 by k for one or more encoders"))
