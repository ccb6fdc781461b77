import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { EngineError } from "../EngineError.ts"

const fileNames: Record<string, string> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll"
}

/**
 * The ONNX Runtime library inside the npm package onnxruntime-node (Linux x64 and arm64, macOS arm64, Windows x64 and arm64).
 *
 * @throws EngineError where the package or its library for this platform is missing.
 */
export function libraryPath(platform: string = process.platform, arch: string = process.arch): string {
  let packageJson: string
  try {
    packageJson = fileURLToPath(import.meta.resolve("onnxruntime-node/package.json"))
  } catch {
    throw new EngineError("The package onnxruntime-node is missing: run `bun add onnxruntime-node`")
  }
  const fileName = fileNames[platform]
  const path = join(dirname(packageJson), "bin/napi-v6", platform, arch, fileName ?? "")
  if (!fileName || !existsSync(path)) {
    throw new EngineError(`onnxruntime-node has no library for ${platform} ${arch} (looked for ${path})`)
  }
  return path
}
