import type { Annotation } from "@nuner/core"

/** A piece of an answer that could not be read. */
export interface RejectedLine {
  /** As received. */
  readonly line: string
  readonly reason:
    | "no separator"
    | "empty entity"
    | "empty concept"
    | "too many fields"
    | "format header"
    | "not an entity"
    | "unknown type"
}

/** What had to be done to read an answer. */
export type Salvage = "reasoning removed" | "code fence" | "emphasis" | "JSON in prose" | "JSON repaired"

/** Every line (or element) of an answer is in exactly one of the two; `ignored` counts blank lines and code fences. */
export interface Parsed {
  readonly annotations: ReadonlyArray<Annotation>
  readonly rejected: ReadonlyArray<RejectedLine>
  readonly ignored: number
  /** Each kind once an answer. Absent: it was as asked for. */
  readonly salvaged?: ReadonlyArray<Salvage>
}
