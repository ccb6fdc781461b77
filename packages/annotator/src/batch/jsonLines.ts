import { Stream } from "effect"
import type { LlmError } from "../llm/LlmError.ts"

/** The values of a JSONL response, read as they arrive: a batch's results may have hundreds of megabytes. */
export const jsonLines = (
  response: { readonly body: ReadableStream<Uint8Array> | null },
  onError: (cause: unknown) => LlmError
): Stream.Stream<unknown, LlmError> =>
  response.body === null ? Stream.empty : Stream.fromAsyncIterable(values(response.body), onError)

async function* values(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line)
  }
  rest += decoder.decode()
  if (rest.trim() !== "") yield JSON.parse(rest)
}
