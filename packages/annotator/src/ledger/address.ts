import { createHash } from "node:crypto"
import type { Settings } from "./Queue.ts"

/** sha256 of prompt, version, model and parameters, in hex: the part of the content address that sentences share. */
export const settingsHash = (settings: Settings): string =>
  sha256(JSON.stringify([settings.prompt.hash, settings.model, sorted(settings.parameters)]))

/** The content address of a question: sha256 of the settings and the sentence, 64 hex digits. */
export const contentAddress = (settings: string, sentence: string): string => sha256(`${settings}\n${sentence}`)

/**
 * The idempotency key and `custom_id` of a request: its address; after `round` final answers that the user rejected
 * (`retryFailed`), a new one, because the provider must not give the same answer again. At most 64 characters.
 */
export const requestKey = (address: string, round: number): string =>
  round === 0 ? address : `${address.slice(0, 56)}-${round}`

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const sorted = (parameters: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, unknown]> =>
  Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
