import { SelectSettings } from "@nuner/sampler"
import { Effect } from "effect"
import { conceptsStage } from "../stages/concepts.ts"
import { command, component } from "./command.ts"
import { labelledData, one, out } from "./components.ts"
import { show } from "./output.ts"

export const conceptsCommand = command("concepts", {
  does: "Choose what to train on, and count the concepts",
  arguments: {
    input: one("input", "aligned sentences, or labelled data of any format, whose types are the concepts")
  },
  options: { out: out("the sentences to train on, JSON Lines; the frequency table beside it") },
  components: { choice: component(SelectSettings, { names: { sampleSize: "sentences" } }), data: labelledData },
  reads: ({ input }) => [input],
  run: ({ choice, data, input, out }) =>
    Effect.flatMap(conceptsStage({ input, out, ...choice, data }), (table) => show(table))
})
