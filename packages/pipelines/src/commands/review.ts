import { option } from "@nuner/core"
import { ReviewOptions } from "@nuner/review"
import { Effect, Schema } from "effect"
import { reviewStage } from "../stages/review.ts"
import { command, component } from "./command.ts"
import { encoder, file, labelledData, one, out } from "./components.ts"
import { show } from "./output.ts"

export const reviewCommand = command("review", {
  does: "Label and correct on a local page; a model learns from each answer",
  arguments: { input: one("input", "raw text, or sentences that an LLM, a model or a person has labelled") },
  options: {
    encoder,
    types: option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
      help: "types to label",
      absent: "those that occur"
    }),
    model: file(
      "a NER model, or with `types` a zero-shot model such as mini: what it finds is shown where the input has no entities"
    ),
    out: out("a folder for the answers; one that has some is gone on with"),
    port: option(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), {
      default: 0,
      help: "where the page is; 0 takes a free one"
    })
  },
  components: { review: component(ReviewOptions), data: labelledData },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ out: folder, review, ...options }) {
    const url = yield* reviewStage({ folder, ...options, ...review })
    yield* show(`${url}\nOpen it once, in one browser; answers are kept in ${folder}. Stop with Ctrl-C.`, {
      url,
      folder
    })
    yield* Effect.never
  }, Effect.scoped)
})
