import { expect, test } from "bun:test"
import { PathCache } from "../../src/caches.ts"
import type { Kernel, Operand } from "../../src/onnx/Kernel.ts"
import { pathOf } from "../../src/onnx/KernelRunner.ts"

const kernelOf = (name: string): Kernel => ({ name, inputs: ["x"], infer: () => undefined, emit: () => [] })
const float = (...shape: Array<number>): Operand => ({ shape, dtype: "float32" })

test("calls are told apart by kernel, shapes, types and attributes, whatever lists they stand in", () => {
  const memo = new PathCache<number>(100)
  const [one, other] = [kernelOf("One"), kernelOf("Other")]
  const calls: ReadonlyArray<[Kernel, ReadonlyArray<Operand>, unknown]> = [
    [one, [float(2, 3)], undefined],
    [other, [float(2, 3)], undefined],
    [one, [float(2), float(3)], undefined],
    [one, [float(2, 3), float()], undefined],
    [one, [{ shape: [2, 3], dtype: "int32" }], undefined],
    [one, [float(3, 2)], undefined],
    [one, [float(2, 3)], { axis: 1 }],
    [one, [float(2, 3)], { axis: [0, 1] }],
    [one, [float(2, 3)], { axis: 1, keep: true }],
    [one, [float(2, 3)], { axis: 1, keep: false }],
    [one, [float(2, 3)], { axis: "1" }]
  ]
  for (const [i, call] of calls.entries()) {
    expect(memo.get(pathOf(...call))).toBeUndefined()
    memo.set(pathOf(...call), i)
  }
  const copies = structuredClone(calls.map(([, operands, attributes]) => [operands, attributes] as const))
  for (const [i, [operands, attributes]] of copies.entries())
    expect(memo.get(pathOf(calls[i]![0], operands, attributes))).toBe(i)
})

test("beyond its capacity a memo forgets and goes on", () => {
  const memo = new PathCache<number>(3)
  const kernel = kernelOf("One")
  for (let size = 0; size < 20; size++) {
    memo.set(pathOf(kernel, [float(size)], undefined), size)
    expect(memo.get(pathOf(kernel, [float(size)], undefined))).toBe(size)
  }
  const kept = Array.from({ length: 20 }, (_, size) => memo.get(pathOf(kernel, [float(size)], undefined)))
  expect(kept.filter((value) => value !== undefined).length).toBeLessThanOrEqual(3)
})
