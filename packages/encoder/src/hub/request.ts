import { InputError } from "@nuner/core"
import type { HubSettings } from "./HubSettings.ts"
import type { IdleTimer } from "./idleTimer.ts"

const maxTries = 5

/**
 * GET with the hub's token, which goes to the hub only and not to the storage it redirects to. A busy server (429, 5xx) is asked again.
 *
 * @returns the final response, and the file's ETag as the hub gave it
 * @throws InputError for a refusal that another try won't change
 */
export const request = async (
  url: string,
  settings: HubSettings,
  headers: Readonly<Record<string, string>> = {},
  idle?: IdleTimer
): Promise<{ response: Response; etag: string | undefined }> => {
  for (let attempt = 1; ; attempt++) {
    const found = await follow(url, settings, headers, idle?.signal)
    const { status } = found.response
    if (found.response.ok) return found
    await found.response.body?.cancel()
    const busy = status === 429 || status >= 500
    if (!busy || attempt === maxTries) throw refusal(url, status, settings)
    const seconds = Number(found.response.headers.get("retry-after")) || 0.2 * 2 ** attempt
    idle?.clear()
    await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(seconds, 30)))
    idle?.reset()
  }
}

const follow = async (
  url: string,
  { endpoint, token }: HubSettings,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined
) => {
  let at = new URL(url)
  let etag: string | undefined
  for (let hop = 0; hop < 5; hop++) {
    const own = at.origin === new URL(endpoint).origin
    const authorization = own && token ? { Authorization: `Bearer ${token}` } : {}
    const response = await fetch(at, {
      redirect: "manual",
      signal: signal ?? null,
      // Compressed transfer would make sizes and ranges meaningless.
      headers: { ...headers, ...authorization, "Accept-Encoding": "identity" }
    })
    // Storage has ETags of its own; the hub's word counts.
    if (own) etag ??= plain(response.headers.get("x-linked-etag") ?? response.headers.get("etag"))
    const location = response.headers.get("location")
    if (response.status < 300 || response.status >= 400 || location === null) return { response, etag }
    await response.body?.cancel()
    at = new URL(location, at)
  }
  throw new InputError({ source: url, reason: "too many redirects" })
}

const plain = (etag: string | null): string | undefined => etag?.replace(/^W\//, "").replaceAll('"', "") || undefined

/** What an HTTP status of the hub means to the person who asked. */
export const refusal = (source: string, status: number | undefined, { token }: HubSettings): InputError => {
  if (status === 401 || status === 403) {
    const remedy = token
      ? "the token in HF_TOKEN has no access: accept the model's conditions on its page"
      : "set HF_TOKEN to a token with access; also check the name"
    return new InputError({ source, reason: `the hub refuses access (HTTP ${status})`, remedy })
  }
  if (status === 404) {
    return new InputError({ source, reason: "not on the hub", remedy: "check name and revision, or give a directory" })
  }
  return new InputError({ source, reason: `the hub answered HTTP ${status}`, remedy: "try again later" })
}
