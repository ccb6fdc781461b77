import { createHash } from "node:crypto"
import { cut } from "./cut.ts"
import type { Fault } from "./Fault.ts"

export interface FakeHubOptions {
  /** "organisation/name" -> file -> content. */
  readonly models: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>
  /** Where set, every request to the hub must carry it. */
  readonly token?: string
}

/** What was asked of the hub. */
export interface HubRequest {
  readonly path: string
  readonly range?: string
  readonly authorization?: string
}

/**
 * The Hugging Face hub's protocol as far as downloads go, on a local port: model info, paged file listing, resolve with ETag, ranges
 * and redirects to storage on another port. Faults are queued per file and each strikes once.
 */
export class FakeHub {
  /** The commit that every revision stands for; change it with `commit = ...` to publish anew. */
  commit = "0123456789abcdef0123456789abcdef01234567"
  readonly requests: Array<HubRequest> = []
  readonly #options: FakeHubOptions
  readonly #faults: Array<Fault> = []
  readonly #hub: Bun.Server<undefined>
  readonly #storage: Bun.Server<undefined>

  constructor(options: FakeHubOptions) {
    this.#options = options
    this.#storage = Bun.serve({ ...local, fetch: (request) => this.#store(request) })
    this.#hub = Bun.serve({ ...local, fetch: (request) => this.#answer(request) })
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#hub.port}`
  }

  /** The next request for this file's content goes wrong so. */
  fail(fault: Fault): void {
    this.#faults.push(fault)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#hub.stop(true), this.#storage.stop(true)])
  }

  #answer(request: Request): Response {
    const url = new URL(request.url)
    this.#log(request, url)
    if (this.#options.token && request.headers.get("authorization") !== `Bearer ${this.#options.token}`) {
      return Response.json({ error: "Invalid username or password." }, { status: 401 })
    }
    const [, info, tree, resolve] =
      /^(?:\/api\/models\/(.+?)\/revision\/.+|\/api\/models\/(.+?)\/tree\/.+|\/(.+?)\/resolve\/.+)$/.exec(
        url.pathname
      ) ?? []
    const model = info ?? tree ?? resolve ?? ""
    const files = this.#options.models[model]
    if (files === undefined) return Response.json({ error: "Repository not found" }, { status: 404 })
    if (info) return Response.json({ _id: "1", id: model, sha: this.commit, lastModified: "2024-01-01T00:00:00.000Z" })
    if (tree) return this.#list(files, url)
    return this.#resolve(
      files,
      decodeURIComponent(url.pathname.split("/resolve/")[1]!.split("/").slice(1).join("/")),
      request
    )
  }

  #list(files: Readonly<Record<string, Uint8Array>>, url: URL): Response {
    const names = Object.keys(files)
    const from = Number(url.searchParams.get("cursor") ?? 0)
    const to = from + PAGE
    const entries = names.slice(from, to).map((path) => {
      const content = files[path]!
      const size = content.length
      const oid = isLarge(content) ? gitHash(pointer(content)) : gitHash(content)
      const lfs = isLarge(content) ? { lfs: { oid: sha256(content), size, pointerSize: pointer(content).length } } : {}
      return { type: "file", path, size, oid, ...lfs }
    })
    url.searchParams.set("cursor", String(to))
    const headers: Record<string, string> = to < names.length ? { Link: `<${url.href}>; rel="next"` } : {}
    return Response.json(entries, { headers })
  }

  #resolve(files: Readonly<Record<string, Uint8Array>>, path: string, request: Request): Response {
    const content = files[path]
    if (content === undefined)
      return new Response("Entry not found", { status: 404, headers: { "X-Error-Code": "EntryNotFound" } })
    if (!isLarge(content)) return this.#send(path, content, `"${gitHash(content)}"`, request)
    const headers = {
      Location: `http://127.0.0.1:${this.#storage.port}/${this.#named(path)}`,
      "X-Linked-ETag": `"${sha256(content)}"`,
      "X-Linked-Size": String(content.length)
    }
    return new Response(null, { status: 302, headers })
  }

  #store(request: Request): Response {
    const url = new URL(request.url)
    this.#log(request, url)
    const [model, path] = decodeURIComponent(url.pathname.slice(1)).split("//") as [string, string]
    // Storage names objects in its own way.
    return this.#send(path, this.#options.models[model]![path]!, '"storage"', request)
  }

  #send(path: string, content: Uint8Array, etag: string, request: Request): Response {
    const at = this.#faults.findIndex((fault) => fault.path === path)
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]
    if (fault?.status) return new Response("busy", { status: fault.status, headers: { "Retry-After": "0.01" } })
    const range = fault?.noRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "")
    const start = range ? Number(range[1]) : 0
    const end = range?.[2] ? Number(range[2]) + 1 : content.length
    let body = content.slice(start, end)
    if (fault?.corrupt) body = body.map((byte, index) => (index === 0 ? byte ^ 0xff : byte))
    if (fault?.surplus) body = Uint8Array.of(...body, ...new Uint8Array(fault.surplus))
    const headers: Record<string, string> = { ETag: fault?.etag ?? etag }
    if (range) headers["Content-Range"] = `bytes ${start}-${end - 1}/${content.length}`
    const status = range ? 206 : 200
    if (fault?.cutAfter === undefined) return new Response(body, { status, headers })
    return new Response(cut(body, fault.cutAfter, fault.stall), { status, headers })
  }

  #named(path: string): string {
    const [model] = Object.entries(this.#options.models).find(([, files]) => path in files)!
    return encodeURIComponent(`${model}//${path}`)
  }

  #log(request: Request, url: URL): void {
    const range = request.headers.get("range")
    const authorization = request.headers.get("authorization")
    this.requests.push({ path: url.pathname, ...(range ? { range } : {}), ...(authorization ? { authorization } : {}) })
  }
}

/** Files in one page of a listing: few, so that paging is always exercised. */
const PAGE = 3

/** Files of so many bytes are kept as LFS objects: redirected to storage, named by SHA-256. */
const isLarge = (content: Uint8Array): boolean => content.length >= 1024

/** A cut body is meant: nothing to report. */
const local = {
  port: 0,
  hostname: "127.0.0.1",
  development: false,
  error: () => new Response(null, { status: 500 })
} as const

const sha256 = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex")

const gitHash = (content: Uint8Array): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex")

const pointer = (content: Uint8Array): Uint8Array =>
  new TextEncoder().encode(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${content.length}\n`
  )
