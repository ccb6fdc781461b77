import { bundledPrices, datedPrices, fetchPrices, type PriceTable } from "@nuner/annotator"
import { OptionError, writeJson } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { markdownTable } from "../report/table.ts"
import { readPrices } from "../stages/readPrices.ts"
import { command } from "./command.ts"
import { file, outOrNone } from "./components.ts"
import { show } from "./output.ts"

export const pricesCommand = command("prices", {
  does: "What models cost, of which day and by whose word; with --from, a fresh table",
  arguments: {},
  options: {
    from: file(
      "a maintained table to take them from, file or https address: one like ours, or LiteLLM's model_prices_and_context_window.json"
    ),
    out: outOrNone("with `from`: the price file to write, for --prices or the environment's NUNER_PRICES")
  },
  run: Effect.fnUntraced(function* ({ from, out }) {
    if ((from === undefined) !== (out === undefined)) {
      const [option, other] = from === undefined ? ["from", "out"] : ["out", "from"]
      return yield* new OptionError({ component: "prices", option: option!, reason: `is missing beside --${other}` })
    }
    if (from === undefined || out === undefined) {
      const { prices = bundledPrices } = yield* readPrices(undefined)
      return yield* show(formatPrices(prices), prices)
    }
    const today = new Date().toISOString().slice(0, 10)
    const prices = yield* attempt("prices", () => fetchPrices(from, today))
    yield* attempt("prices", () => writeJson(out, prices))
    const { date, models, source } = prices
    yield* show(`${out}: ${Object.keys(models).length} models, ${date}, ${source}`, { out, date, source })
  })
})

const formatPrices = ({ date, models, note, source }: PriceTable): string =>
  [
    `US dollars for a million tokens, of ${datedPrices(date)}${source === undefined ? "" : `; ${source}`}`,
    ...(note === undefined ? [] : [note]),
    markdownTable(
      ["model", "input", "output", "batch"],
      Object.entries(models).map(([name, { batchFactor = 1, input, output }]) =>
        [name, input, output, `x ${batchFactor}`].map(String)
      )
    )
  ].join("\n")
