import { afterAll, expect, test } from "bun:test"
import type { OnnxRuntime } from "@nuner/engine"
import { openClassifier } from "../src/files/openClassifier.ts"

const asked: Array<string> = []
/** A host without a file; what is asked for below /broken it fails to read. */
const host = Bun.serve({
  port: 0,
  fetch: (request) => {
    const { pathname } = new URL(request.url)
    asked.push(pathname)
    return new Response("no", { status: pathname.startsWith("/broken") ? 500 : 404 })
  }
})
afterAll(() => host.stop(true))

const runtime = {} as OnnxRuntime

test("a directory without settings is one of other software: its config is asked for next", async () => {
  const url = `${host.url.origin}/plain`
  await expect(openClassifier(url, { runtime })).rejects.toThrow("config.json")
  expect(asked).toEqual(["/plain/nuner.json", "/plain/config.json"])
})

test("settings that cannot be read are not taken for none", async () => {
  const url = `${host.url.origin}/broken`
  await expect(openClassifier(url, { runtime })).rejects.toThrow("cannot be read (HTTP 500)")
})
