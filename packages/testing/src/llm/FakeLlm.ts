import { AnthropicBatches } from "./AnthropicBatches.ts"
import { Bill } from "./Bill.ts"
import { ConnectionBreaker } from "./ConnectionBreaker.ts"
import { type Body, chat, type Dialect, messages, responses } from "./dialects.ts"
import { fakeAnswer, sentenceOf } from "./fakeAnswer.ts"
import type { BatchFault, LlmFault } from "./LlmFault.ts"
import { OpenAiBatches } from "./OpenAiBatches.ts"

export interface LlmCall {
  readonly path: string
  readonly headers: Headers
  readonly body: Body
  readonly sentence: string
  /** The idempotency key; a random one if the client sent none. */
  readonly key: string
  /** 1 for the first time that this key is seen. */
  readonly attempt: number
}

export interface FakeLlmOptions {
  /** Default: 0 */
  readonly latencyMs?: number
  /** The script: what goes wrong with a call. Default: nothing */
  readonly fault?: (call: LlmCall) => LlmFault | undefined
  /** What goes wrong with the n-th batch (from 0). Default: nothing */
  readonly batchFault?: (n: number) => BatchFault | undefined
  /** How long a batch takes. Default: 0 */
  readonly batchMs?: number
  /** US dollars for a million tokens. Default: 1 and 2 */
  readonly price?: { readonly input: number; readonly output: number }
  /** A repeated key gets the first answer, free. Default: true */
  readonly idempotency?: boolean
  /** Whether chat and Responses tell the tokens used. Default: true */
  readonly usage?: boolean
  /** Whether Anthropic's endpoint that counts tokens is there. Default: true */
  readonly countTokens?: boolean
  /** Whether calls are kept in `calls` (headers and bodies). Default: true */
  readonly keepCalls?: boolean
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  "/v1/chat/completions": chat,
  "/v1/responses": responses,
  "/v1/messages": messages
}

/** A server on a loopback port that speaks OpenAI's and Anthropic's wire formats, with scripted faults, and keeps the bill. */
export class FakeLlm {
  readonly bill: Bill
  readonly calls: Array<LlmCall> = []
  readonly openAiBatches: OpenAiBatches
  readonly anthropicBatches: AnthropicBatches
  /** Calls answered at this moment, and the most there ever were. */
  inFlight = 0
  peak = 0
  requests = 0
  private readonly options: FakeLlmOptions
  private readonly server: Bun.Server<undefined>
  private readonly breaker = new ConnectionBreaker()
  private readonly attempts = new Map<string, number>()
  private readonly answered = new Map<string, Promise<Response>>()
  private stopped = false

  constructor(options: FakeLlmOptions = {}) {
    this.options = options
    this.bill = new Bill(options.price ?? { input: 1, output: 2 })
    const batch = {
      bill: this.bill,
      durationMs: options.batchMs ?? 0,
      fault: options.batchFault ?? (() => undefined),
      dialects: DIALECTS
    }
    this.openAiBatches = new OpenAiBatches(batch)
    this.anthropicBatches = new AnthropicBatches(batch)
    this.server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      maxRequestBodySize: 512 * 1024 * 1024,
      fetch: (request) => this.handle(request)
    })
  }

  /** With `/v1`, as OpenAI's SDK wants it. */
  get openAiUrl(): string {
    return `${this.url}/v1`
  }
  /** As Anthropic's SDK wants it. */
  get url(): string {
    return `http://127.0.0.1:${this.server.port}`
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.breaker.stop()
    await this.server.stop(true)
  }

  private async handle(request: Request): Promise<Response> {
    this.requests++
    const { pathname } = new URL(request.url)
    if (pathname === "/v1/messages/count_tokens" && this.options.countTokens !== false) {
      const { usage } = fakeAnswer(messages, (await request.json()) as Body, undefined)
      return Response.json({ input_tokens: usage.inputTokens })
    }
    const dialect = DIALECTS[pathname]
    if (dialect === undefined || request.method !== "POST") {
      const batch = (await this.openAiBatches.handle(request)) ?? (await this.anthropicBatches.handle(request))
      return batch ?? Response.json(chat.error(404, `no such path: ${pathname}`), { status: 404 })
    }
    this.peak = Math.max(this.peak, ++this.inFlight)
    try {
      return await this.complete(request, pathname, dialect)
    } finally {
      this.inFlight--
    }
  }

  private async complete(request: Request, path: string, dialect: Dialect): Promise<Response> {
    const body = (await request.json()) as Body
    const key = request.headers.get("idempotency-key") ?? crypto.randomUUID()
    const attempt = (this.attempts.get(key) ?? 0) + 1
    this.attempts.set(key, attempt)
    const call: LlmCall = { path, headers: request.headers, body, sentence: sentenceOf(dialect, body), key, attempt }
    if (this.options.keepCalls !== false) this.calls.push(call)
    const fault = this.options.fault?.(call)
    const before = this.answered.get(key)
    if (before !== undefined && this.options.idempotency !== false) return (await before).clone()
    const work = this.work(dialect, call, fault)
    const isError = fault?.type === "rate limit" || fault?.type === "status" || fault?.type === "hang"
    if (!isError)
      this.answered.set(key, fault?.type === "reset" || fault?.type === "malformed" ? this.plain(dialect, call) : work)
    return (await work).clone()
  }

  /** The answer that a repeat of a call gets whose first response was spoilt on the way. */
  private plain(dialect: Dialect, call: LlmCall): Promise<Response> {
    return Promise.resolve(
      Response.json(dialect.answer(fakeAnswer(dialect, call.body, undefined), this.options.usage !== false))
    )
  }

  private async work(dialect: Dialect, call: LlmCall, fault: LlmFault | undefined): Promise<Response> {
    const ids = { "x-request-id": "req_fake", "request-id": "req_fake" }
    const failed = (status: number, headers = {}, message = `scripted fault ${status}`, code?: string) =>
      Response.json(dialect.error(status, message, code), { status, headers: { ...ids, ...headers } })
    if (fault?.type === "rate limit") {
      return failed(429, {
        ...(fault.retryAfterMs === undefined ? {} : { "retry-after-ms": String(fault.retryAfterMs) }),
        ...(fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) })
      })
    }
    if (fault?.type === "status") return failed(fault.status, {}, fault.message, fault.code)
    if (fault?.type === "hang") {
      while (!this.stopped) await Bun.sleep(20)
      return failed(503)
    }
    if (this.options.latencyMs !== undefined) await Bun.sleep(this.options.latencyMs)
    const answer = fakeAnswer(dialect, call.body, fault)
    this.bill.charge(call.key, answer.usage)
    const json = JSON.stringify(dialect.answer(answer, this.options.usage !== false))
    if (fault?.type === "reset") return Response.redirect(this.breaker.url, 307)
    if (fault?.type === "malformed")
      return new Response("<html>Bad gateway</html>", { headers: { "content-type": "application/json" } })
    return new Response(json, { headers: { "content-type": "application/json", "x-request-id": "req_fake" } })
  }
}
