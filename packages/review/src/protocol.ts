import type { Entity } from "@nuner/core"

/** What a person says of a sentence: its entities are right now; they cannot be told; leave it aside. */
export type Verdict = "accept" | "reject" | "ignore"

/** A sentence to look at. `text.slice(start, end)` is a word, in UTF-16 units; entities count words. */
export interface Task {
  readonly id: number
  readonly text: string
  readonly words: ReadonlyArray<{ readonly start: number; readonly end: number }>
  readonly entities: ReadonlyArray<Entity & { readonly score?: number }>
  /** Scores the model instead of teaching it. */
  readonly heldOut: boolean
}

/** A line of the list of all sentences. */
export interface Row {
  readonly id: number
  readonly text: string
  /** The person's own answer. */
  readonly answer?: Verdict
  readonly entities: number
}

export interface Rate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** How the review stands, for one person. */
export interface State {
  readonly types: ReadonlyArray<string>
  readonly sentences: number
  /** Sentences that anyone has answered, and this person. */
  readonly answered: number
  readonly own: number
  readonly people: ReadonlyArray<string>
  /** Entity micro F1 of the model on the held-out answers, after so many answers; with an interval at the end. */
  readonly curve: ReadonlyArray<{ readonly answers: number; readonly f1: number }>
  readonly heldOut?: { readonly sentences: number; readonly f1: Rate }
  /** Entity micro F1 of people's answers to the same sentences, by pair. */
  readonly agreement: ReadonlyArray<{
    readonly people: readonly [string, string]
    readonly sentences: number
    readonly f1: number
  }>
  /** What the given annotations are worth by the answers to them: precision, and recall, which tells what they miss. */
  readonly audit?: {
    readonly goal: number
    readonly annotations: number
    readonly precision: Rate
    readonly missing: number
    readonly recall: Rate
  }
  /** Of the last refit. */
  readonly refitMilliseconds: number
}

export interface AnswerRequest {
  readonly person: string
  readonly id: number
  readonly entities: ReadonlyArray<Entity>
  readonly answer: Verdict
}

/** What each call takes and gives. */
export interface Calls {
  state: { readonly in: { readonly person: string }; readonly out: State }
  /** The tab's next sentences; `open` are those that it still has. */
  next: {
    readonly in: {
      readonly person: string
      readonly tab: string
      readonly count: number
      readonly open: ReadonlyArray<number>
    }
    readonly out: ReadonlyArray<Task>
  }
  /** A sentence of one's choice. */
  task: { readonly in: { readonly person: string; readonly tab: string; readonly id: number }; readonly out: Task }
  answer: { readonly in: AnswerRequest; readonly out: State }
  /** Takes the person's last answer back and gives its sentence, as it was answered; null where there is none. */
  undo: {
    readonly in: { readonly person: string; readonly tab: string }
    readonly out: { readonly state: State; readonly task: Task | null }
  }
  addType: { readonly in: { readonly person: string; readonly type: string }; readonly out: State }
  /** Types become one, by a name that may be new or one of them. */
  renameTypes: {
    readonly in: { readonly person: string; readonly from: ReadonlyArray<string>; readonly to: string }
    readonly out: State
  }
  rows: {
    readonly in: { readonly person: string; readonly from: number; readonly count: number }
    readonly out: ReadonlyArray<Row>
  }
  /** Writes model and data set beside the answers. */
  export: { readonly in: { readonly person: string }; readonly out: { readonly paths: ReadonlyArray<string> } }
}
