import type { Span } from "@nuner/core"

/** A text with its entities in brackets: `[Ada Lovelace|person] wrote to [Babbage|person].` Spans are UTF-16, sorted, not overlapping. */
export const marked = (text: string, spans: ReadonlyArray<Span & { readonly type: string }>): string => {
  let out = ""
  let at = 0
  for (const { end, start, type } of spans) {
    out += `${text.slice(at, start)}[${text.slice(start, end)}|${type}]`
    at = end
  }
  return out + text.slice(at)
}
