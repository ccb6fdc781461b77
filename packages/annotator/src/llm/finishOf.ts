import type { Finish } from "./Llm.ts"

/** The answer ended for a reason of the provider's, not of the model's: what arrived is no answer, and may be charged. */
export class BrokenOffError extends Error {
  override readonly name = "BrokenOffError"
}

const KNOWN: ReadonlyArray<readonly [RegExp, Finish]> = [
  [/content_?filter|safety|prohibited|blocklist|recitation/i, "content filter"],
  [/^refusal$/i, "refusal"],
  [/length|max_(?:\w+_)?tokens|context_window/i, "length"],
  [/^(?:$|stop|eos|end|complete|finish|done|tool|function|pause)/i, "stop"]
]

/** What a provider calls the end of an answer, in our words; one that does not tell stopped. @throws BrokenOffError at any other word */
export const finishOf = (reason: string | null | undefined): Finish => {
  const known = KNOWN.find(([pattern]) => pattern.test(reason ?? ""))
  if (known === undefined) throw new BrokenOffError(`the answer broke off: "${reason}"`)
  return known[1]
}
