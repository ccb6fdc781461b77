import { randomBytes } from "node:crypto"
import { InputError, messageOf, OptionError } from "@nuner/core"
import { Result, Schema } from "effect"
import type { Calls } from "../protocol.ts"
import type { Review } from "../Review.ts"

const Entity = Schema.Struct({ start: Schema.Natural, end: Schema.Natural, type: Schema.NonEmptyString })
const Person = Schema.NonEmptyString.check(Schema.isMaxLength(100))
const count = Schema.Natural.check(Schema.isBetween({ minimum: 0, maximum: 500 }))

/** What a call's body must be. */
const bodies: { readonly [K in keyof Calls]: Schema.Decoder<Calls[K]["in"]> } = {
  state: Schema.Struct({ person: Person }),
  next: Schema.Struct({ person: Person, tab: Schema.String, count, open: Schema.Array(Schema.Natural) }),
  task: Schema.Struct({ person: Person, tab: Schema.String, id: Schema.Natural }),
  answer: Schema.Struct({
    person: Person,
    id: Schema.Natural,
    entities: Schema.Array(Entity),
    answer: Schema.Literals(["accept", "reject", "ignore"])
  }),
  undo: Schema.Struct({ person: Person, tab: Schema.String }),
  addType: Schema.Struct({ person: Person, type: Schema.String }),
  renameTypes: Schema.Struct({ person: Person, from: Schema.Array(Schema.String), to: Schema.String }),
  rows: Schema.Struct({ person: Person, from: Schema.Natural, count }),
  export: Schema.Struct({ person: Person })
}

export interface ReviewServer {
  /** With the one-time token: opens the page in the first browser that comes. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Serves a review's page to this machine alone, in Bun. The URL's token is good once: it becomes a cookie that other sites' pages cannot
 * send. The page loads nothing from elsewhere, and its policy forbids that it does.
 *
 * @param port 0 takes a free one
 * @throws OptionError where the port is taken
 */
export const serveReview = async (review: Review, port: number): Promise<ReviewServer> => {
  const script = await bundle()
  const style = await Bun.file(new URL("page.css", pageFolder)).text()
  const token = randomBytes(24).toString("base64url")
  let unused = true
  const key = randomBytes(24).toString("base64url")
  // A browser keeps one cookie of a name for all ports of an address.
  const cookie = () => `nuner-review-${server.port}=${key}`
  // One call after the other: a refit belongs to the answer before it.
  let queue: Promise<unknown> = Promise.resolve()

  const answer = async (request: Request, url: URL): Promise<Response> => {
    if (url.pathname === "/" && url.searchParams.has("token")) {
      if (!unused || url.searchParams.get("token") !== token) return reply("This link was used before.", 403)
      unused = false
      const headers = { location: "/", "set-cookie": `${cookie()}; HttpOnly; SameSite=Strict; Path=/` }
      return new Response(undefined, { status: 303, headers })
    }
    if (!(request.headers.get("cookie") ?? "").split("; ").includes(cookie())) {
      return reply("Open the link that nuner review printed.", 403)
    }
    if (request.method === "GET") {
      if (url.pathname === "/") return reply(html, 200, "text/html")
      if (url.pathname === "/page.js") return reply(script, 200, "text/javascript")
      if (url.pathname === "/page.css") return reply(style, 200, "text/css")
      return reply("Not found.", 404)
    }
    const name = url.pathname.replace(/^\/api\//, "")
    if (request.method !== "POST" || !Object.hasOwn(bodies, name)) return reply("Not found.", 404)
    if (request.headers.get("origin") !== url.origin) return reply("Not from this page.", 403)
    return call(name as keyof Calls, await request.json().catch(() => undefined))
  }

  const call = async <K extends keyof Calls>(name: K, body: unknown): Promise<Response> => {
    const decoded = Schema.decodeUnknownResult(bodies[name])(body)
    if (Result.isFailure(decoded)) return reply(decoded.failure.message.replace(/\s*\n\s*/g, " "), 400)
    const result = queue.then(() => review.calls[name](decoded.success as Calls[K]["in"]))
    queue = result.then(
      () => {},
      () => {}
    )
    try {
      return reply(JSON.stringify(await result), 200, "application/json")
    } catch (error) {
      if (error instanceof InputError) return reply(error.message, 400)
      console.error(error)
      return reply(messageOf(error), 500)
    }
  }

  const server = listen(port, async (request) => {
    const url = URL.parse(request.url)
    // The name of another site may have been pointed at this address.
    if (url?.hostname !== "127.0.0.1") return reply("Not found.", 404)
    const response = await answer(request, url)
    for (const [header, value] of Object.entries(guards)) response.headers.set(header, value)
    return response
  })
  return { url: `http://127.0.0.1:${server.port}/?token=${token}`, stop: () => server.stop(true) }
}

const guards = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store"
}

const reply = (body: string, status: number, type = "text/plain"): Response =>
  new Response(body, { status, headers: { "content-type": `${type}; charset=utf-8` } })

const listen = (port: number, fetch: (request: Request) => Promise<Response>) => {
  try {
    return Bun.serve({ hostname: "127.0.0.1", port, fetch })
  } catch (error) {
    const reason = `${port}: ${messageOf(error)}`
    throw new OptionError({ component: "review", option: "port", reason, remedy: "0 takes a free one" })
  }
}

/** The page's sources, seen from `src` and from `dist` alike. */
const pageFolder = new URL("../../src/page/", import.meta.url)

const bundle = async (): Promise<string> => {
  const entry = Bun.fileURLToPath(new URL("main.tsx", pageFolder))
  const built = await Bun.build({ entrypoints: [entry], target: "browser", minify: true })
  return built.outputs[0]!.text()
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nuner review</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body></body>
</html>
`
