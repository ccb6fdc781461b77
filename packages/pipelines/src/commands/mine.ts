import { SampleOptions } from "@nuner/miner"
import { Effect } from "effect"
import { mineStage } from "../stages/mine.ts"
import { command, component } from "./command.ts"
import { file, labelledData, mining, one, out, seed, sizes, sizesOf, types } from "./components.ts"

const size = sizes([1, 2, 4, 8, 16, 32, 64])

export const mineCommand = command("mine", {
  does: "Draw few-shot training sets: k to 2k entities, or exactly so many words, of every type",
  arguments: { input: one("input", "a labelled dataset, of any format") },
  options: {
    out: out("a folder for the sets"),
    types,
    test: file("a labelled test set to cut to `testSize` sentences: test.jsonl"),
    seed
  },
  components: {
    size,
    mining,
    cut: component(SampleOptions, { only: ["size"], names: { size: "testSize" }, needs: { option: "test" } }),
    data: labelledData
  },
  reads: ({ input, test }) => [input, test],
  run: Effect.fnUntraced(function* ({ cut, mining, size: given, ...options }) {
    const testSize = cut.size === undefined ? {} : { testSize: cut.size }
    yield* mineStage({ ...options, ...mining, ...testSize, ...(yield* sizesOf("mine", size, given)) })
  })
})
