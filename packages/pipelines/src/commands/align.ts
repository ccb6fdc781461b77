import { AlignOptions } from "@nuner/aligner"
import { alignStage } from "../stages/align.ts"
import { command, component } from "./command.ts"
import { one, out, textData } from "./components.ts"

export const alignCommand = command("align", {
  does: "Find where each annotated entity stands in its sentence",
  arguments: { input: one("input", "annotated sentences, of any format that holds them") },
  options: { out: out("aligned sentences, JSON Lines") },
  components: { aligner: component(AlignOptions), data: textData },
  reads: ({ input }) => [input],
  run: ({ aligner, data, input, out }) => alignStage({ input, out, ...aligner, data })
})
