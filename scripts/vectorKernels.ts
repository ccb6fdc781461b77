/** Compiles the engine's vector kernels: `bun scripts/vectorKernels.ts` writes `packages/engine/src/vector/module.ts`. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { $ } from "bun"

const root = `${import.meta.dir}/..`
const flags = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd,threads"]
const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"]

/** The text of `module.ts`. */
export const vectorModule = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "nuner-kernels-"))
  const binary = `${folder}/kernels.wasm`
  const source = "packages/engine/assembly/kernels.ts"
  await $`node_modules/.bin/asc ${source} --outFile ${binary} ${flags} ${memory}`.cwd(root)
  const bytes = await Bun.file(binary).bytes()
  await rm(folder, { recursive: true })
  const lines = bytes.toBase64().match(/.{1,112}/g)!
  const text = lines.map((line) => `  "${line}"`).join(" +\n")
  return `/** assembly/kernels.ts as WebAssembly, in base64: made by scripts/vectorKernels.ts. */\nexport const module =\n${text}\n`
}

if (import.meta.main) await Bun.write(`${root}/packages/engine/src/vector/module.ts`, await vectorModule())
