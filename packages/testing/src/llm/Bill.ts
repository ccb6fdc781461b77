/** What the fake would have charged, and what it has answered to which idempotency key. */
export class Bill {
  private readonly price: { readonly input: number; readonly output: number }
  /** Charged requests by key: idempotency key, or `custom_id` of a batch. */
  readonly charges = new Map<string, number>()
  dollars = 0
  inputTokens = 0
  outputTokens = 0

  /** @param price US dollars for a million tokens */
  constructor(price: { readonly input: number; readonly output: number }) {
    this.price = price
  }

  charge(key: string, usage: { readonly inputTokens: number; readonly outputTokens: number }, factor = 1): void {
    this.charges.set(key, (this.charges.get(key) ?? 0) + 1)
    this.inputTokens += usage.inputTokens
    this.outputTokens += usage.outputTokens
    this.dollars += (factor * (usage.inputTokens * this.price.input + usage.outputTokens * this.price.output)) / 1e6
  }

  get requests(): number {
    return [...this.charges.values()].reduce((sum, n) => sum + n, 0)
  }
}
