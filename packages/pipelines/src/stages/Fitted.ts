import type { TokenClassifier } from "@nuner/classifier"

/** A classifier and what is worth telling of how it was fitted. It shares or owns its encoder: disposing it frees that. */
export interface Fitted {
  readonly classifier: TokenClassifier
  /** For the summary. */
  readonly note: string
  /** For the model card. */
  readonly settings: Readonly<Record<string, unknown>>
}
