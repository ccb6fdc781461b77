type Plain = string | number | boolean

/** Settings as JSON for a manifest: what is infinite or absent is left out, what is not a plain value is written as JSON text. */
export const plain = (settings: Readonly<Record<string, unknown>>): Record<string, Plain> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]): Array<[string, Plain]> => {
      if (typeof value === "number") return Number.isFinite(value) ? [[key, value]] : []
      if (typeof value === "string" || typeof value === "boolean") return [[key, value]]
      return value === undefined ? [] : [[key, JSON.stringify(value)]]
    })
  )
