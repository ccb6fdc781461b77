/**
 * Puts the page, ONNX Runtime's WebAssembly and a model into a folder that any web server serves as it stands:
 * `bun examples/browser/build.ts MODEL OUT [--serve]`. MODEL is a directory that `nuner fit` or `nuner export` wrote.
 */
import { copyFile, cp, mkdir } from "node:fs/promises"
import { dirname, join } from "node:path"

const files = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]

export const buildPage = async (model: string, out: string): Promise<void> => {
  await mkdir(join(out, "ort"), { recursive: true })
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "page.ts")],
    outdir: out,
    target: "browser",
    // Inside this repository packages are read from their sources.
    conditions: ["bun"],
    minify: true
  })
  if (!built.success) throw new AggregateError(built.logs, "the page does not build")
  const runtime = dirname(Bun.resolveSync("onnxruntime-web/wasm", import.meta.dir))
  for (const file of files) await copyFile(join(runtime, file), join(out, "ort", file))
  await copyFile(join(import.meta.dir, "index.html"), join(out, "index.html"))
  await cp(model, join(out, "model"), { recursive: true })
}

/** A folder over HTTP. */
export const serveFolder = (folder: string, port = 0) =>
  Bun.serve({
    port,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname)
      const file = Bun.file(join(folder, path === "/" ? "index.html" : path))
      return (await file.exists()) ? new Response(file) : new Response("not here", { status: 404 })
    }
  })

if (import.meta.main) {
  const [model, out, serve] = process.argv.slice(2)
  if (model === undefined || out === undefined) {
    console.error("bun examples/browser/build.ts MODEL OUT [--serve]")
    process.exit(1)
  }
  await buildPage(model, out)
  console.log(serve === "--serve" ? `http://127.0.0.1:${serveFolder(out, 8080).port}` : `wrote ${out}`)
}
