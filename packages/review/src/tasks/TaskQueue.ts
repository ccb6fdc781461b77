import { rng } from "@nuner/core"
import type { Calls } from "../protocol.ts"

/** A shown sentence that nobody answers counts as put aside after so long, in milliseconds. */
const ASIDE = 10 * 60_000

/** What decides the order, of the review's options. */
export interface TaskQueueOptions {
  readonly heldOut: number
  readonly again: number
  readonly audit: number
  readonly seed: number
}

/** Who has answered what, and what would teach the model most. */
export interface Candidates {
  readonly own: { readonly has: (sentence: number) => boolean }
  /** Answered by anybody else. */
  readonly others: ReadonlySet<number>
  /** Up to `count` sentences that are free, the most useful first. */
  readonly useful: (count: number, free: (sentence: number) => boolean) => ReadonlyArray<number>
}

/** Which sentences come next: none on two tabs at once, in turn some that score the model and some that somebody else has answered. */
export class TaskQueue {
  /** By sentence: scores the model and never teaches it. */
  readonly heldOut: ReadonlyArray<boolean>
  readonly #options: TaskQueueOptions
  /** All sentences, in random order. */
  readonly #order: ReadonlyArray<number>
  /** Sentences that a tab shows. */
  readonly #shown = new Map<number, { readonly tab: string; readonly since: number }>()
  /** By person: how many were chosen. */
  readonly #served = new Map<string, number>()

  constructor(sentences: number, options: TaskQueueOptions) {
    this.#options = options
    const random = rng(options.seed)
    const keys = Array.from({ length: sentences }, () => random.next())
    this.#order = Array.from(keys.keys()).toSorted((a, b) => keys[a]! - keys[b]!)
    const part = options.audit > 0 ? 0 : options.heldOut
    this.heldOut = keys.map(() => random.next() < part)
  }

  /** A tab has it; no other gets it meanwhile. */
  show(sentence: number, tab: string): void {
    this.#shown.set(sentence, { tab, since: Date.now() })
  }

  answered(sentence: number): void {
    this.#shown.delete(sentence)
  }

  /** What a tab gets besides what it has open; less than `count` where nothing else is free. */
  next({ count, open, person, tab }: Calls["next"]["in"], { others, own, useful }: Candidates): Array<number> {
    const still = new Set(open)
    for (const [id, shown] of this.#shown) {
      if ((shown.tab === tab && !still.has(id)) || Date.now() - shown.since > ASIDE) this.#shown.delete(id)
    }
    const free = (id: number) => !own.has(id) && !this.#shown.has(id)
    const chosen: Array<number> = []
    const take = (ids: ReadonlyArray<number>) => {
      const id = ids.find((each) => free(each) && !chosen.includes(each))
      if (id !== undefined) chosen.push(id)
      return id !== undefined
    }
    const { again, heldOut } = this.#options
    const teaching = useful(count, (id) => free(id) && !this.heldOut[id])
    const scoring = this.#order.filter((id) => this.heldOut[id] && !others.has(id))
    const period = heldOut > 0 ? Math.max(2, Math.round(1 / heldOut)) : 0
    while (chosen.length < count) {
      const turn = (this.#served.get(person) ?? 0) + 1
      this.#served.set(person, turn)
      if (turn % again === 0 && take([...others])) continue
      if (period > 0 && turn % period === 0 && take(scoring)) continue
      if (!take(teaching) && !take(scoring) && !take(this.#order)) break
    }
    return chosen
  }
}
