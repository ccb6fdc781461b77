import { expect, test } from "bun:test"
import { vectorModule } from "./vectorKernels.ts"

test("the compiled vector kernels are those of their source: else run bun scripts/vectorKernels.ts", async () => {
  expect(await Bun.file(`${import.meta.dir}/../packages/engine/src/vector/module.ts`).text()).toBe(await vectorModule())
}, 120_000)
