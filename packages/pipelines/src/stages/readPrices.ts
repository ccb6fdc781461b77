import { type PriceTable, readPriceTable } from "@nuner/annotator"
import { Effect } from "effect"
import { attempt, type StageError } from "../errors.ts"

/** The option `prices` from a file, if one is named, here or in the environment's NUNER_PRICES. */
export const readPrices = (
  path: string | undefined = process.env.NUNER_PRICES
): Effect.Effect<{ readonly prices?: PriceTable }, StageError> =>
  path === undefined ? Effect.succeed({}) : attempt("annotate", async () => ({ prices: await readPriceTable(path) }))
