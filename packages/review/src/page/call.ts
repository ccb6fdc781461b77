import type { Calls } from "../protocol.ts"

/** A call of the server. Its refusals are errors with its words. */
export const call = async <K extends keyof Calls>(name: K, input: Calls[K]["in"]): Promise<Calls[K]["out"]> => {
  const response = await fetch(`/api/${name}`, { method: "POST", body: JSON.stringify(input) })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return JSON.parse(text)
}
