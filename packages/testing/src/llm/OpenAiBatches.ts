import { FakeBatch, type FakeBatchOptions, type RowState } from "./FakeBatch.ts"

/** /v1/files and /v1/batches. */
export class OpenAiBatches {
  readonly batches = new Map<string, FakeBatch>()
  private readonly files = new Map<string, string>()
  private readonly metadata = new Map<string, unknown>()
  private readonly endpoints = new Map<string, string>()
  private readonly options: FakeBatchOptions

  constructor(options: FakeBatchOptions) {
    this.options = options
  }

  /** undefined: not a path of these APIs. */
  async handle(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url)
    const [, version, kind, id, action] = pathname.split("/")
    if (version !== "v1") return undefined
    if (kind === "files" && request.method === "POST" && id === undefined) return this.upload(request)
    if (kind === "files" && id !== undefined && action === "content") return this.content(id)
    if (kind === "files" && id !== undefined && request.method === "DELETE") {
      return Response.json({ id, object: "file", deleted: this.files.delete(id) })
    }
    if (kind !== "batches") return undefined
    if (id === undefined && request.method === "POST") return this.create(request)
    if (id === undefined) {
      const data = [...this.batches.values()].reverse().map((batch) => this.describe(batch))
      return Response.json({ object: "list", data, first_id: null, last_id: null, has_more: false })
    }
    const batch = this.batches.get(id)
    if (batch === undefined) return Response.json({ error: { message: `no batch ${id}` } }, { status: 404 })
    if (action === "cancel") batch.cancelled = true
    return Response.json(this.describe(batch))
  }

  private async upload(request: Request): Promise<Response> {
    const form = await request.formData()
    const file = form.get("file")
    if (!(file instanceof Blob) || form.get("purpose") !== "batch") {
      return Response.json({ error: { message: "file and purpose=batch are required" } }, { status: 400 })
    }
    const id = `file-${this.files.size}`
    this.files.set(id, await file.text())
    return Response.json({
      id,
      object: "file",
      purpose: "batch",
      bytes: file.size,
      filename: "batch.jsonl",
      created_at: 0,
      status: "processed"
    })
  }

  private async create(request: Request): Promise<Response> {
    const { endpoint, input_file_id, metadata } = (await request.json()) as Record<string, unknown>
    const text = this.files.get(String(input_file_id))
    const dialect = this.options.dialects[String(endpoint)]
    if (text === undefined || dialect === undefined) {
      return Response.json({ error: { message: "no such file or endpoint" } }, { status: 400 })
    }
    const lines = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .map(({ body, custom_id }) => ({ key: String(custom_id), body }))
    const n = this.batches.size
    const batch = new FakeBatch(`batch_${n}`, n, dialect, lines, this.options)
    this.batches.set(batch.id, batch)
    this.metadata.set(batch.id, metadata ?? null)
    this.endpoints.set(batch.id, String(endpoint))
    if (batch.fault.loseConfirmation === true)
      return Response.json({ error: { message: "bad gateway" } }, { status: 502 })
    return Response.json(this.describe(batch))
  }

  private describe(batch: FakeBatch): unknown {
    const { ended, fault } = batch
    const status = !ended
      ? "in_progress"
      : fault.invalid === true || isFull(batch)
        ? "failed"
        : batch.cancelled
          ? "cancelled"
          : (fault.expiredRows ?? 0) > 0
            ? "expired"
            : "completed"
    const done = status !== "in_progress" && status !== "failed"
    return {
      id: batch.id,
      object: "batch",
      endpoint: this.endpoints.get(batch.id),
      status,
      metadata: this.metadata.get(batch.id),
      input_file_id: "file-0",
      completion_window: "24h",
      created_at: Math.floor(batch.createdAt / 1000),
      output_file_id: done ? `out-${batch.id}` : null,
      error_file_id: !done ? null : fault.emptyErrorFile === true ? "" : `err-${batch.id}`,
      errors: status === "failed" ? { object: "list", data: [isFull(batch) ? FULL : INVALID] } : null,
      request_counts: { total: batch.lines.length, completed: done ? batch.lines.length : 0, failed: 0 }
    }
  }

  /** Succeeded rows are in the output file, the others in the error file. */
  private content(id: string): Response {
    const batch = this.batches.get(id.slice(4))
    if (batch === undefined) return Response.json({ error: { message: `no file ${id}` } }, { status: 404 })
    const good = id.startsWith("out-")
    const { rowError = { status: 500, code: "server_error", message: "scripted" } } = batch.fault
    const lines = batch
      .rows()
      .filter(({ state }) => (state === "succeeded") === good)
      .map(({ answer, key, state }) => ({ id: "x", custom_id: key, ...outcomeOf(state, answer, rowError) }))
    return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
  }
}

const INVALID = { code: "invalid_request", message: "scripted: the batch is invalid", line: 1 }
const FULL = {
  code: "token_limit_exceeded",
  message: "Enqueued token limit reached for fake in organization org",
  line: null
}
const isFull = ({ fault, lines }: FakeBatch): boolean => lines.length > (fault.mostRequests ?? Number.POSITIVE_INFINITY)

const outcomeOf = (
  state: RowState,
  answer: unknown,
  { code, message, status }: { readonly status: number; readonly code: string; readonly message: string }
): { response: unknown; error: unknown } => {
  if (state === "succeeded") return { response: { status_code: 200, request_id: "req", body: answer }, error: null }
  if (state === "errored") {
    return { response: { status_code: status, request_id: "req", body: { error: { message, code } } }, error: null }
  }
  return { response: null, error: { code: state === "expired" ? "batch_expired" : "batch_cancelled", message: state } }
}
