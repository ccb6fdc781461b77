import { withoutSecrets } from "@nuner/core"

type Plain = string | number | boolean

/**
 * Settings as JSON for a manifest: what is infinite or absent is left out, what is not a plain value is written as JSON text, addresses
 * lose their secrets.
 */
export const plain = (settings: Readonly<Record<string, unknown>>): Record<string, Plain> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]): Array<[string, Plain]> => {
      if (typeof value === "number") return Number.isFinite(value) ? [[key, value]] : []
      if (typeof value === "boolean") return [[key, value]]
      if (value === undefined) return []
      return [[key, withoutSecrets(typeof value === "string" ? value : JSON.stringify(value))]]
    })
  )
