import { describe, expect, test } from "bun:test"
import { connect } from "node:net"
import type { TokenClassifier } from "../src/index.ts"
import { type ServeOptions, serve } from "../src/index.ts"
import { Batcher } from "../src/serve/Batcher.ts"

/** Finds capitalised words; records the batches; `gate` holds it up. */
const double = (gate: Promise<void> = Promise.resolve()) => {
  const batches: Array<ReadonlyArray<string>> = []
  const classifier: Pick<TokenClassifier, "head" | "scheme" | "predict"> = {
    head: { classes: ["O", "B-name", "I-name"], kernel: new Float32Array(0), bias: new Float32Array(0) },
    scheme: "BIO",
    predict: async (texts) => {
      batches.push(texts)
      await gate
      if (texts.some((text) => text.includes("boom"))) throw new Error("boom")
      return texts.map((text) =>
        [...text.matchAll(/\p{Lu}\S*/gu)].map(({ 0: word, index }) => ({
          ...{ start: index, end: index + word.length, type: "name", score: word.length / 10, text: word }
        }))
      )
    }
  }
  return { classifier, batches }
}

const started = (options: Partial<ServeOptions> = {}, gate?: Promise<void>) => {
  const { classifier, batches } = double(gate)
  const errors: Array<unknown> = []
  const server = serve({ classifier, port: 0, onError: (error) => errors.push(error), ...options })
  const post = async (body: unknown, path = "/predict") => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const response = await fetch(`${server.url}${path}`, { method: "POST", body: text })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }
  return { server, post, batches, errors }
}

/** A connection, and what the server says on it, until it closes or an answer is whole. */
const raw = ({ port }: { readonly port: number }, bytes: string) => {
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
  const heard = new Promise<string>((resolve, reject) => {
    let text = ""
    socket.on("data", (part) => {
      text += part
      if (text.endsWith("}")) socket.destroy()
    })
    socket.on("close", () => resolve(text))
    socket.on("error", reject)
  })
  return { socket, heard }
}

describe("serve", () => {
  test("answers one text, several, and none", async () => {
    const { server, post } = started()
    const ada = { start: 0, end: 3, type: "name", score: 0.3, text: "Ada" }
    expect(await post({ text: "Ada wrote" })).toMatchObject({ status: 200, body: { entities: [ada] } })
    expect((await post({ texts: ["Ada", "nobody", "😀 Émile"] })).body.entities).toEqual([
      [ada],
      [],
      [{ start: 3, end: 8, type: "name", score: 0.5, text: "Émile" }]
    ])
    expect((await post({ texts: [] })).body).toEqual({ entities: [] })
    expect((await post({ text: "Ada Cleopatra", minScore: 0.5 })).body.entities.length).toBe(1)
    await server.stop()
  })

  test("says how it is", async () => {
    const { server, post } = started()
    await post({ text: "a" })
    const response = await fetch(`${server.url}/health`)
    expect(await response.json()).toEqual({ status: "ok", types: ["name"], waiting: 0, answered: 1 })
    await server.stop()
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
  })

  test("refuses what is no request, by name", async () => {
    const { server, post, batches } = started()
    const cases: Array<[unknown, string]> = [
      ["{", "not JSON"],
      [[], "must be a JSON object"],
      [{}, 'either "text" or "texts"'],
      [{ text: "a", texts: ["a"] }, 'either "text" or "texts"'],
      [{ text: 7 }, '"text" must be a string'],
      [{ texts: ["a", null] }, '"texts" must be a list of strings'],
      [{ text: "a", minscore: 1 }, 'unknown field "minscore"'],
      [{ text: "a", minScore: 2 }, '"minScore"']
    ]
    for (const [body, message] of cases) {
      const answer = await post(body)
      expect(answer.status).toBe(400)
      expect(answer.body.error).toContain(message)
    }
    const invalid = await fetch(`${server.url}/predict`, { method: "POST", body: Uint8Array.of(0x22, 0xff, 0x22) })
    expect(invalid.status).toBe(400)
    expect((await post({ text: "a" }, "/elsewhere")).status).toBe(404)
    const get = await fetch(`${server.url}/predict`)
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"])
    const head = await fetch(`${server.url}/health`, { method: "HEAD" })
    expect([head.status, await head.text()]).toEqual([200, ""])
    expect(batches).toEqual([])
    await server.stop()
  })

  test("keeps to its limits", async () => {
    const { server, post } = started({ maxTextLength: 10, maxTexts: 3, maxBody: 200 })
    expect((await post({ text: "0123456789" })).status).toBe(200)
    const long = await post({ texts: ["a", "0123456789a"] })
    expect([long.status, long.body.error]).toEqual([413, "texts[1] has 11 UTF-16 units, at most 10 are allowed"])
    expect((await post({ texts: ["a", "b", "c", "d"] })).body.error).toContain("4 texts are more than the 3")
    expect((await post({ text: "a".repeat(300) })).body.error).toContain("larger than 200 bytes")
    // Without Content-Length, in pieces.
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(50)))
    })
    const chunked = await fetch(`${server.url}/predict`, { method: "POST", body: endless })
    expect(chunked.status).toBe(413)
    expect((await post({ text: "still here" })).status).toBe(200)
    await server.stop()
  })

  test("puts concurrent requests into common batches, and answers 503 when too many wait", async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { server, post, batches } = started({ maxBatch: 4, maxQueue: 6 }, promise)
    const first = post({ text: "One" })
    while (batches.length === 0) await Bun.sleep(1)
    const rest = [post({ texts: ["Two", "Three", "Four"] }), post({ texts: ["Five", "Six", "Seven"] })]
    const waiting = async () => (await (await fetch(`${server.url}/health`)).json()).waiting
    while ((await waiting()) < 6) await Bun.sleep(1)
    const refused = await post({ text: "Eight" })
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"])
    // More than may ever wait is no matter of waiting.
    const never = await post({ texts: Array(7).fill("Nine") })
    expect([never.status, never.body.error]).toEqual([413, "7 texts are more than the 6 that may wait"])
    resolve()
    expect((await first).body.entities[0].text).toBe("One")
    const [a, b] = await Promise.all(rest)
    const names = [...a!.body.entities, ...b!.body.entities].map(([{ text }]) => text)
    expect(names.sort()).toEqual(["Five", "Four", "Seven", "Six", "Three", "Two"])
    expect(batches.map(({ length }) => length)).toEqual([1, 4, 2])
    await server.stop()
  })

  test("a failure is told and goes no further", async () => {
    const { server, post, errors } = started()
    expect(await post({ text: "boom" })).toMatchObject({
      status: 500,
      body: { error: "the server failed on this request" }
    })
    expect(errors.map(String)).toEqual(["Error: boom"])
    expect((await post({ text: "Ada" })).status).toBe(200)
    await server.stop()
  })

  test("stopping answers what is under way", async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { server, post, batches } = started({}, promise)
    const pending = post({ text: "Ada" })
    while (batches.length === 0) await Bun.sleep(1)
    const stopped = server.stop()
    expect((await post({ text: "Late" })).status).toBe(503)
    resolve()
    expect((await pending).status).toBe(200)
    await stopped
    await expect(post({ text: "Later" })).rejects.toThrow()
  })

  test("of requests that are still sent when it stops, one is refused and one that never ends is cut", async () => {
    const { server } = started()
    const begun = 'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n{"text":'
    const [late, endless] = [raw(server, begun), raw(server, begun)]
    await Bun.sleep(100)
    const stopped = server.stop()
    await Bun.sleep(100)
    late.socket.write('"Ada"}')
    expect(await late.heard).toStartWith("HTTP/1.1 503")
    await stopped
    expect(await endless.heard).toBe("")
    // It is cut after five seconds.
  }, 60_000)

  test("answers a health check of HTTP/1.0, which names no host, and one that names nonsense", async () => {
    const { server, errors } = started()
    for (const head of ["HTTP/1.0\r\n", "HTTP/1.1\r\nHost: [::\r\n"]) {
      expect(await raw(server, `GET /health?from=balancer ${head}\r\n`).heard).toContain('{"status":"ok"')
      expect(await raw(server, `GET /nowhere ${head}\r\n`).heard).toContain("no /nowhere here")
    }
    expect(errors).toEqual([])
    await server.stop()
  })

  test("listens where it is told to", async () => {
    const free = Bun.serve({ port: 0, fetch: () => new Response() })
    const port = free.port!
    await free.stop()
    const { server } = started({ port, host: "127.0.0.2" })
    expect(server).toMatchObject({ port, url: `http://127.0.0.2:${port}` })
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
    await server.stop()
  })

  test("names a port that is taken, and an option that it does not have", async () => {
    const { server } = started()
    expect(() => started({ port: server.port })).toThrow('option "port"')
    expect(() => started({ maxbatch: 1 } as never)).toThrow('did you mean "maxBatch"')
    await server.stop()
  })
})

describe("Batcher", () => {
  test("does not compute what nobody waits for", async () => {
    const seen: Array<number> = []
    const batcher = new Batcher<number, number>(async (items) => {
      seen.push(...items)
      return items.map((item) => item * 2)
    }, 2)
    const controller = new AbortController()
    const gone = batcher.add([1, 2, 3], controller.signal)
    const stays = batcher.add([4])
    controller.abort(new Error("gone"))
    await expect(gone).rejects.toThrow("gone")
    expect(await stays).toEqual([8])
    await batcher.idle()
    expect(seen).toEqual([4])
    expect(await batcher.add([])).toEqual([])
  })

  test("stops a batch when the last that waits for it has gone, and goes on with the next", async () => {
    const batches: Array<AbortSignal> = []
    const batcher = new Batcher<number, number>(async (items, signal) => {
      batches.push(signal)
      const stopped = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      await Promise.race([stopped, items.includes(4) ? undefined : Bun.sleep(60_000)])
      return items
    }, 2)
    const [first, second] = [new AbortController(), new AbortController()]
    const gone = Promise.allSettled([batcher.add([1], first.signal), batcher.add([2], second.signal)])
    const next = batcher.add([3, 4])
    await Bun.sleep(5)
    first.abort(new Error("first"))
    await Bun.sleep(5)
    expect(batches.map(({ aborted }) => aborted)).toEqual([false])
    second.abort(new Error("second"))
    expect((await gone).map(({ status }) => status)).toEqual(["rejected", "rejected"])
    expect(await next).toEqual([3, 4])
    expect(batches.map(({ aborted }) => aborted)).toEqual([true, false])
  })
})

test("any model that says its types is served", async () => {
  const predict = async (texts: ReadonlyArray<string>) =>
    texts.map((text) => [{ start: 0, end: text.length, type: "whole", score: 0.5, text }])
  const server = serve({ classifier: { types: ["whole"], predict }, port: 0 })
  try {
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ types: ["whole"] })
    const answer = await fetch(`${server.url}/predict`, { method: "POST", body: JSON.stringify({ text: "Oslo" }) })
    expect(await answer.json()).toEqual({ entities: [{ start: 0, end: 4, type: "whole", score: 0.5, text: "Oslo" }] })
  } finally {
    await server.stop()
  }
})

test("what a closed connection asked for is not computed to its end", async () => {
  const stopped = Promise.withResolvers<string>()
  const predict = async (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
    signal.addEventListener("abort", () => stopped.resolve("stopped"))
    await stopped.promise
    throw signal.reason
  }
  const errors: Array<unknown> = []
  const server = serve({ classifier: { types: [], predict }, port: 0, onError: (error) => errors.push(error) })
  const body = JSON.stringify({ text: "Oslo" })
  await expect(
    fetch(`${server.url}/predict`, { method: "POST", body, signal: AbortSignal.timeout(50) })
  ).rejects.toThrow()
  expect(await stopped.promise).toBe("stopped")
  await server.stop()
  expect(errors).toEqual([])
})
