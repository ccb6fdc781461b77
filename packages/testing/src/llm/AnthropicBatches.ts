import { FakeBatch, type FakeBatchOptions } from "./FakeBatch.ts"

/** /v1/messages/batches. */
export class AnthropicBatches {
  readonly batches = new Map<string, FakeBatch>()
  private readonly options: FakeBatchOptions

  constructor(options: FakeBatchOptions) {
    this.options = options
  }

  /** undefined: not a path of this API. */
  async handle(request: Request): Promise<Response | undefined> {
    const { origin, pathname } = new URL(request.url)
    const [, version, kind, batches, id, action] = pathname.split("/")
    if (version !== "v1" || kind !== "messages" || batches !== "batches") return undefined
    if (id === undefined && request.method === "POST") return this.create(request, origin)
    if (id === undefined) {
      const data = [...this.batches.values()].reverse().map((batch) => describe(batch, origin))
      return Response.json({ data, has_more: false, first_id: null, last_id: null })
    }
    const batch = this.batches.get(id)
    if (batch === undefined) {
      return Response.json(
        { type: "error", error: { type: "not_found_error", message: `no batch ${id}` } },
        { status: 404 }
      )
    }
    if (action === "results") return results(batch)
    if (action === "cancel") batch.cancelled = true
    return Response.json(describe(batch, origin))
  }

  private async create(request: Request, origin: string): Promise<Response> {
    const { requests } = (await request.json()) as {
      requests: Array<{ custom_id: string; params: Record<string, unknown> }>
    }
    const broken = requests.find(({ custom_id }) => !/^[a-zA-Z0-9_-]{1,64}$/.test(custom_id))
    if (broken !== undefined) {
      return Response.json(
        { type: "error", error: { type: "invalid_request_error", message: `custom_id ${broken.custom_id}` } },
        { status: 400 }
      )
    }
    const n = this.batches.size
    const lines = requests.map(({ custom_id, params }) => ({ key: custom_id, body: params }))
    const batch = new FakeBatch(`msgbatch_${n}`, n, this.options.dialects["/v1/messages"]!, lines, this.options)
    this.batches.set(batch.id, batch)
    if (batch.fault.loseConfirmation === true) {
      return Response.json({ type: "error", error: { type: "api_error", message: "bad gateway" } }, { status: 502 })
    }
    return Response.json(describe(batch, origin))
  }
}

const describe = (batch: FakeBatch, origin: string): unknown => ({
  id: batch.id,
  type: "message_batch",
  processing_status: batch.ended ? "ended" : "in_progress",
  created_at: new Date(batch.createdAt).toISOString(),
  expires_at: new Date(batch.createdAt + 86_400_000).toISOString(),
  ended_at: batch.ended ? new Date().toISOString() : null,
  archived_at: null,
  cancel_initiated_at: null,
  results_url:
    batch.ended && batch.fault.noResults !== true ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
  request_counts: batch.ended
    ? { processing: 0, succeeded: batch.lines.length, errored: 0, canceled: 0, expired: 0 }
    : { processing: batch.lines.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 }
})

const results = (batch: FakeBatch): Response => {
  const { code: type, message } = batch.fault.rowError ?? { code: "api_error", message: "scripted" }
  const lines = batch.rows().map(({ answer, key, state }) => ({
    custom_id: key,
    result:
      state === "succeeded"
        ? { type: state, message: answer }
        : state === "errored"
          ? {
              type: state,
              error: { type: "error", error: { type, message }, request_id: "req" }
            }
          : { type: state }
  }))
  return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
    headers: { "content-type": "application/x-jsonl" }
  })
}
