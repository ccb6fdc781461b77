import { basename } from "node:path"
import { option } from "@nuner/core"
import { MineSetsOptions } from "@nuner/miner"
import { Effect, Schema } from "effect"
import { FrozenProtocol } from "../benchmark/Definition.ts"
import { probeStage } from "../stages/probe.ts"
import { command, component } from "./command.ts"
import { labelledData, needed, out, seed, types } from "./components.ts"
import { show } from "./output.ts"

export const probeCommand = command("probe", {
  does: "Frozen few-shot transfer: a table of F1 by k for one or more encoders",
  arguments: {},
  options: {
    encoder: option(Schema.Array(Schema.NonEmptyString), {
      default: ["mini"],
      help: "a model directory or hub name, or name=directory; give it once for each encoder",
      repeated: true
    }),
    train: needed("labelled sentences to mine training sets from"),
    test: needed("labelled sentences to score on"),
    out: out("one line a probe, JSON Lines; the table beside it as Markdown"),
    k: option(Schema.Array(Schema.Natural), {
      default: [1, 2, 4, 8, 16, 32, 64],
      help: "entities of each type in a training set"
    }),
    sets: MineSetsOptions.fields.sets,
    sampler: MineSetsOptions.fields.sampler,
    types,
    seed
  },
  components: { probing: component(FrozenProtocol, { except: ["type"] }), data: labelledData },
  reads: ({ test, train }) => [train, test],
  run: Effect.fnUntraced(function* ({ encoder, k: ks, probing, ...options }) {
    const encoders = Object.fromEntries(
      encoder.map((one) => {
        const [name, path] = one.includes("=") ? one.split("=", 2) : [basename(one), one]
        return [name, path!]
      })
    )
    yield* show(yield* probeStage({ ...options, ks, ...probing, encoders }))
  })
})
