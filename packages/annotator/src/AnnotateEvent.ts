import type { AnnotatedSentence } from "@nuner/core"
import type { RejectedLine, Salvage } from "./parse/Parsed.ts"
import type { Progress } from "./run/Progress.ts"
import type { Summary } from "./run/Summary.ts"

/** A sentence and what the model said of it. */
export interface Annotated {
  readonly type: "annotated"
  readonly record: AnnotatedSentence
  /** Lines of the answer that could not be read. */
  readonly rejected: ReadonlyArray<RejectedLine>
  /** What had to be done to read the answer. */
  readonly salvaged: ReadonlyArray<Salvage>
  /** Content address of the request in the ledger. */
  readonly address: string
}

/** A sentence without annotations, and why. */
export interface Failed {
  readonly type: "failed"
  readonly id: string
  readonly text: string
  readonly state: "failed" | "refused" | "over budget"
  /** One of few: refusal, content filter, truncated, empty, unparsable, rejected, rate limited, overloaded, unreachable ... */
  readonly reason: string
  /** What the provider said, if anything. */
  readonly detail?: string
  /** The raw answer, if one arrived. */
  readonly answer?: string
  readonly address: string
}

/** `annotated` and `failed` come once for every sentence, in the order of the input; `summary` comes last. */
export type AnnotateEvent =
  | Annotated
  | Failed
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "summary"; readonly summary: Summary }
