import type { Span } from "@nuner/core"

/**
 * The places of a string in a text that `place` accepts, from left to right. They do not overlap each other: the search goes on behind a
 * place that was accepted, and one unit behind the start of one that was refused (as `finditer` of a bounded pattern does).
 *
 * @param needle not empty
 * @param place what stands for the occurrence `[start, end)`; `undefined` to refuse it
 */
export const occurrences = (
  text: string,
  needle: string,
  place: (start: number, end: number) => Span | undefined
): Array<Span> => {
  const found: Array<Span> = []
  for (let start = text.indexOf(needle); start >= 0; ) {
    const end = start + needle.length
    const span = place(start, end)
    if (span !== undefined) found.push(span)
    start = text.indexOf(needle, span === undefined ? start + 1 : end)
  }
  return found
}
