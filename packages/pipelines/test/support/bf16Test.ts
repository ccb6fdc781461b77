import { test } from "bun:test"
import { join } from "node:path"

const cli = join(import.meta.dir, "../../src/cli.ts")
const { exitCode } = Bun.spawnSync([process.execPath, cli, "engine", "--engine", "onnx", "--precision", "bf16"])
if (exitCode !== 0) console.log("no bf16 on this machine: its tests are skipped")

/** A test that needs a processor and a library that compute in bf16; skipped where there are none. */
export const bf16Test = test.skipIf(exitCode !== 0)
