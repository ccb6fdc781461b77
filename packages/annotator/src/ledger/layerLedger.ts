import type { Layer } from "effect"
import type { Ledger } from "./Ledger.ts"
import type { LedgerError } from "./LedgerError.ts"
import { layerPostgres } from "./postgres.ts"
import { layerSqlite } from "./sqlite.ts"

export const isPostgres = (place: string): boolean => /^postgres(?:ql)?:\/\//.test(place)

/** A ledger by its place: a file name (SQLite), `:memory:`, or `postgres://user@host/database`. */
export const layerLedger = (place: string): Layer.Layer<Ledger, LedgerError> =>
  isPostgres(place) ? layerPostgres(place) : layerSqlite(place)
