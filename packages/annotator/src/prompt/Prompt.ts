import { createHash } from "node:crypto"
import type { JsonSchema, Message } from "../llm/Llm.ts"
import type { Parsed } from "../parse/Parsed.ts"

/** What is asked of the model about one sentence, and how its answer is read. */
export interface Prompt {
  readonly name: string
  /** Raised whenever the text changes: a test holds the hash of every version. */
  readonly version: number
  /** Everything of the prompt that is the same for every sentence. */
  readonly text: string
  /** sha256 of name, version, text and schema, in hex. Part of every content address. */
  readonly hash: string
  readonly render: (sentence: string) => ReadonlyArray<Message>
  /** Never throws: what it cannot read is in `rejected`, with a reason. */
  readonly parse: (answer: string) => Parsed
  /** Present: the answer is JSON that the provider is asked to hold to this schema. */
  readonly schema?: JsonSchema
}

/** A prompt from its parts. `text` must contain everything that `render` adds around the sentence. */
export const definePrompt = (parts: Omit<Prompt, "hash">): Prompt => ({
  ...parts,
  hash: createHash("sha256")
    .update(JSON.stringify([parts.name, parts.version, parts.text, parts.schema ?? null]))
    .digest("hex")
})
