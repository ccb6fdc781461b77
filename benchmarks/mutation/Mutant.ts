/** A small fault put into one place of the source. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string
  /** 1-based; of the place, not of the run. */
  readonly line: number
  /** What is replaced by what, as one line. */
  readonly change: string
  /** Half-open range of the source in UTF-16 units, and what stands there instead. */
  readonly start: number
  readonly end: number
  readonly replacement: string
  /** A word in the names of the tests that should notice first: the option that is ignored. */
  readonly hint?: string
}

/** A mutant of a source, with its line and its change spelled out. */
export const mutant = (
  file: string,
  source: string,
  place: Pick<Mutant, "start" | "end" | "replacement" | "hint"> & { readonly change?: string }
): Mutant => {
  const before = source.slice(place.start, place.end)
  const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, 80)
  return {
    file,
    line: source.slice(0, place.start).split("\n").length,
    change: place.change ?? `${oneLine(before)} => ${oneLine(place.replacement) || "nothing"}`,
    start: place.start,
    end: place.end,
    replacement: place.replacement,
    ...(place.hint !== undefined && { hint: place.hint })
  }
}

export const apply = (source: string, { end, replacement, start }: Mutant): string =>
  source.slice(0, start) + replacement + source.slice(end)
