/** The JSON value of an answer: the whole of it, else what stands between its first and its last bracket; undefined if there is none. */
export const findJson = (answer: string): unknown => {
  const candidates = [answer, between(answer, "{", "}"), between(answer, "[", "]")]
  for (const candidate of candidates) {
    try {
      const value: unknown = JSON.parse(candidate)
      if (typeof value === "object" && value !== null) return value
    } catch {
      // not this one
    }
  }
  return undefined
}

const between = (text: string, open: string, close: string): string =>
  text.slice(text.indexOf(open), text.lastIndexOf(close) + 1)
