/** Builds `dist` of every published package, in the order of the import table, and puts the licence beside it: `bun run build`. */
import { rm } from "node:fs/promises"
import { $ } from "bun"
import { publishOrder } from "./lib/rooms.ts"

const root = `${import.meta.dir}/..`

export const build = async (): Promise<void> => {
  for (const room of publishOrder) await rm(`${root}/packages/${room}/dist`, { recursive: true, force: true })
  for (const room of publishOrder) {
    const started = performance.now()
    await $`${root}/node_modules/.bin/tsc -p tsconfig.json`.cwd(`${root}/packages/${room}`)
    // tfjs has its gradients only as modules that Node cannot load: one file of them.
    const gradients = `${root}/packages/${room}/src/gradients.ts`
    if (await Bun.file(gradients).exists()) {
      await Bun.build({ entrypoints: [gradients], outdir: `${root}/packages/${room}/dist`, target: "node" })
    }
    // A package has only what lies in its own folder; the licence asks to go along.
    await Bun.write(`${root}/packages/${room}/LICENSE`, Bun.file(`${root}/LICENSE`))
    console.log(`built @nuner/${room} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

if (import.meta.main) {
  await build().catch((cause: unknown) => {
    if (cause instanceof $.ShellError) console.error(cause.stdout.toString(), cause.stderr.toString())
    else console.error(cause)
    process.exit(1)
  })
}
