import { decodeOptions, messageOf, OptionError, option, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"
import { typesOf } from "../labels/classes.ts"
import type { TextEntity, TokenClassifier } from "../predict/tokenClassifier.ts"
import { Batcher } from "./Batcher.ts"
import { HttpError } from "./HttpError.ts"
import { readRequest } from "./readRequest.ts"

/** Where the server listens, and what it takes. */
export const ServeSettings = Schema.Struct({
  port: option(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), {
    default: 8080,
    help: "where it listens; 0 takes a free one"
  }),
  host: option(Schema.NonEmptyString, {
    default: "127.0.0.1",
    help: "the address it listens on: this machine only, unless told otherwise"
  }),
  maxTextLength: option(PositiveInt, { default: 100_000, help: "the longest text", unit: "UTF-16 units" }),
  maxTexts: option(PositiveInt, { default: 256, help: "texts of a request" }),
  maxBody: option(PositiveInt, { default: 4 * 1024 * 1024, help: "the largest request", unit: "bytes" }),
  maxBatch: option(PositiveInt, {
    default: 32,
    help: "texts, of one request or several, that go through the encoder together"
  }),
  maxQueue: option(PositiveInt, { default: 1024, help: "texts that may wait; a request beyond that is answered 503" })
})

export type ServeOptions = Partial<(typeof ServeSettings)["Encoded"]> & {
  /** Or any other model that says its types. Stays the caller's to dispose. */
  readonly classifier: Pick<TokenClassifier, "head" | "scheme" | "predict"> | Recogniser
  /** Told of errors that are not the request's fault. Default: `console.error`. */
  readonly onError?: (error: unknown) => void
}

interface Recogniser {
  readonly types: ReadonlyArray<string>
  /** May stop, by throwing, where the signal fires: who asked has gone. */
  predict(
    texts: ReadonlyArray<string>,
    options: { readonly signal: AbortSignal }
  ): Promise<ReadonlyArray<ReadonlyArray<TextEntity>>>
}

export interface ClassifierServer {
  /** "http://127.0.0.1:8080" */
  readonly url: string
  readonly port: number
  /** Takes no new request, answers those under way, then closes; a request that is still on its way has five seconds. */
  stop(): Promise<void>
}

/**
 * Serves a classifier over HTTP, in Bun.
 *
 * - `POST /predict` with `{"text"}` or `{"texts"}`, and `minScore` if wished: `{"entities"}`, a list of `{start, end,
 * type, score, text}`, or a list of such for `texts`. Offsets are UTF-16 units.
 * - `GET /health`, or HEAD: `{"status", "types", "waiting", "answered"}`.
 *
 * What nobody waits for any more, since connections were closed, is not computed to its end.
 *
 * Errors are `{"error"}`: 400 for what is no such request, 404, 405, 413 beyond a limit, 503 where too much waits or
 * the server is stopping.
 *
 * @throws OptionError, also where the port is taken
 */
export const serve = ({ classifier, onError = console.error, ...options }: ServeOptions): ClassifierServer => {
  const settings = decodeOptions("serve", ServeSettings, options)
  const { host, maxBatch, maxQueue } = settings
  if (typeof Bun === "undefined") {
    throw new OptionError({ component: "serve", option: "classifier", reason: "the server runs in Bun only" })
  }
  const batcher = new Batcher<string, ReadonlyArray<TextEntity>>(
    (texts, signal) => classifier.predict(texts, { signal }),
    maxBatch
  )
  const types = "types" in classifier ? classifier.types : typesIn(classifier)
  let answered = 0
  let stopping = false

  const refuseWhenStopping = () => {
    if (stopping) throw new HttpError(503, "the server is stopping", { Connection: "close" })
  }
  const predict = async (request: Request): Promise<Response> => {
    const { texts, single, minScore } = await readRequest(request, settings)
    refuseWhenStopping()
    if (texts.length > maxQueue) {
      throw new HttpError(413, `${texts.length} texts are more than the ${maxQueue} that may wait`)
    }
    if (batcher.waiting + texts.length > maxQueue) {
      throw new HttpError(503, `${batcher.waiting} texts are waiting`, { "Retry-After": "1" })
    }
    const results = await batcher.add(texts, request.signal)
    const entities = results.map((found) => found.filter(({ score }) => score >= minScore))
    answered++
    return Response.json({ entities: single ? entities[0] : entities })
  }
  const health = (): Response => Response.json({ status: "ok", types, waiting: batcher.waiting, answered })

  const routes: Record<
    string,
    { readonly method: string; readonly answer: (request: Request) => Response | Promise<Response> }
  > = {
    "/predict": { method: "POST", answer: predict },
    "/health": { method: "GET", answer: health }
  }
  const answer = async (request: Request): Promise<Response> => {
    try {
      const path = pathOf(request.url)
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined
      if (route === undefined) throw new HttpError(404, `no ${path} here (${Object.keys(routes).join(", ")})`)
      // Of an answer to HEAD, Bun sends the headers alone.
      if (request.method !== route.method && !(request.method === "HEAD" && route.method === "GET")) {
        throw new HttpError(405, `${path} takes ${route.method}`, { Allow: route.method })
      }
      refuseWhenStopping()
      return await route.answer(request)
    } catch (error) {
      if (error instanceof HttpError) {
        return Response.json({ error: error.message }, { status: error.status, headers: error.headers })
      }
      if (!request.signal.aborted) onError(error)
      return Response.json({ error: "the server failed on this request" }, { status: 500 })
    }
  }
  const server = listen(settings, answer)
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`,
    port: server.port!,
    stop: async () => {
      stopping = true
      await batcher.idle()
      // A body that never ends would keep the server for ever.
      const cut = setTimeout(() => server.stop(true), GRACE)
      await server.stop()
      clearTimeout(cut)
    }
  }
}

/** How long a request may still be sent, or its answer read, when the server stops: milliseconds. */
const GRACE = 5000

/** Of a URL whose host is whatever the client says, or nothing: HTTP/1.0, which health checks speak, names none. */
const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/?#]*/, "").replace(/[?#].*$/s, "")

const typesIn = ({ head, scheme }: Pick<TokenClassifier, "head" | "scheme">): ReadonlyArray<string> =>
  [...new Set(typesOf(head.classes, scheme))].filter((type) => type !== "")

const listen = (
  { host, port }: { readonly host: string; readonly port: number },
  answer: (request: Request) => Promise<Response>
) => {
  try {
    return Bun.serve({ hostname: host, port, fetch: answer, idleTimeout: 0 })
  } catch (error) {
    const reason = `${host}:${port} cannot be listened on (${messageOf(error)})`
    throw new OptionError({ component: "serve", option: "port", reason, remedy: "take another, or 0 for a free one" })
  }
}
