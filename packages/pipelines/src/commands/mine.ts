import { samplers } from "@nuner/miner"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { mineStage } from "../stages/mine.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { given, input, ks, optional, out, sampling, seed, sizesOf, types, without, words } from "./flags.ts"

export const mineCommand = Command.make(
  "mine",
  {
    input: input("a labelled dataset, of any format"),
    out: out("a folder for the sets"),
    ks: ks([1, 2, 4, 8, 16, 32, 64]),
    words,
    sets: optional.int("sets", "training sets for each size; default 10, for words 16 / 8 / 4 / 2 / 1"),
    sampler: optional.choice("sampler", samplers, sampling),
    types,
    test: optional.text("test", "a labelled test set to cut to --test-size sentences: test.jsonl"),
    testSize: optional.int("test-size", "sentences of it, drawn once; default 1000"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ input, out, seed, ...flags }) {
    const { ks, words, ...rest } = given(without(flags, dataFlags))
    const sizes = yield* sizesOf("mine", { ks, words }, [1, 2, 4, 8, 16, 32, 64])
    yield* mineStage({ ...rest, ...dataOf(flags), ...sizes, input, out, seed })
  })
).pipe(
  Command.withDescription("Draw few-shot training sets: k to 2k entities, or exactly so many words, of every type")
)
