/** The three wire formats: how a request is read, and how an answer, a refusal or an error is put. */

export interface FakeAnswer {
  readonly text: string
  readonly finish: "stop" | "length" | "refusal" | "content filter"
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
}

export interface Dialect {
  /** All text of the request. */
  readonly prompt: (body: Body) => ReadonlyArray<string>
  readonly wantsJson: (body: Body) => boolean
  readonly maxTokens: (body: Body) => number | undefined
  /** @param usage whether the server tells how many tokens it took */
  readonly answer: (answer: FakeAnswer, usage: boolean) => unknown
  readonly error: (status: number, message: string, code?: string) => unknown
}

export type Body = Readonly<Record<string, unknown>>

interface WithMessages {
  readonly messages?: ReadonlyArray<{ readonly content: string }>
  readonly input?: ReadonlyArray<{ readonly content: string }>
  readonly system?: string
}

const openAiError = (status: number, message: string, code?: string) => ({
  error: { message, type: code ?? `status_${status}`, code: code ?? null, param: null }
})

export const chat: Dialect = {
  prompt: (body) => ((body as WithMessages).messages ?? []).map((message) => message.content),
  wantsJson: (body) => body.response_format !== undefined,
  maxTokens: (body) => (body.max_completion_tokens ?? body.max_tokens) as number | undefined,
  answer: ({ finish, text, usage }, tell) => ({
    id: "chatcmpl-fake",
    object: "chat.completion",
    created: 0,
    model: "fake",
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: finish === "length" ? "length" : finish === "content filter" ? "content_filter" : "stop",
        message: {
          role: "assistant",
          content: finish === "refusal" ? null : text,
          refusal: finish === "refusal" ? text : null
        }
      }
    ],
    ...(tell
      ? {
          usage: {
            prompt_tokens: usage.inputTokens,
            completion_tokens: usage.outputTokens,
            total_tokens: usage.inputTokens + usage.outputTokens
          }
        }
      : {})
  }),
  error: openAiError
}

export const responses: Dialect = {
  prompt: (body) => ((body as WithMessages).input ?? []).map((message) => message.content),
  wantsJson: (body) => body.text !== undefined,
  maxTokens: (body) => body.max_output_tokens as number | undefined,
  answer: ({ finish, text, usage }, tell) => ({
    id: "resp_fake",
    object: "response",
    created_at: 0,
    model: "fake",
    status: finish === "stop" || finish === "refusal" ? "completed" : "incomplete",
    incomplete_details:
      finish === "length"
        ? { reason: "max_output_tokens" }
        : finish === "content filter"
          ? { reason: "content_filter" }
          : null,
    output: [
      { type: "reasoning", id: "rs_fake", summary: [] },
      {
        type: "message",
        id: "msg_fake",
        role: "assistant",
        status: "completed",
        content: [
          finish === "refusal" ? { type: "refusal", refusal: text } : { type: "output_text", text, annotations: [] }
        ]
      }
    ],
    ...(tell ? { usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } } : {})
  }),
  error: openAiError
}

export const messages: Dialect = {
  prompt: (body) => {
    const { messages: list = [], system } = body as WithMessages
    return [...(system === undefined ? [] : [system]), ...list.map((message) => message.content)]
  },
  wantsJson: (body) => (body.output_config as { format?: unknown } | undefined)?.format !== undefined,
  maxTokens: (body) => body.max_tokens as number | undefined,
  answer: ({ finish, text, usage }) => ({
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: "fake",
    content: text === "" ? [] : [{ type: "text", text, citations: null }],
    stop_reason: finish === "stop" ? "end_turn" : finish === "length" ? "max_tokens" : "refusal",
    stop_sequence: null,
    usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }
  }),
  error: (status, message, code = `status_${status}`) => ({
    type: "error",
    error: { type: code, message },
    request_id: "req_fake"
  })
}
