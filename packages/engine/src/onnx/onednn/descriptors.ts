import { type Pointer, ptr } from "bun:ffi"
import { type Handle, load } from "./OneDnnLibrary.ts"

/** How numbers lie in memory: `strides` counts elements from one index of an axis to the next. */
export interface Layout {
  readonly dims: readonly number[]
  readonly strides: readonly number[]
  readonly type: "bf16" | "f32"
}

/** A layout as the library knows it. */
export interface LayoutHandle {
  readonly pointer: Handle
  /** Version 2 keeps the description in memory of ours. */
  readonly memory?: Uint8Array
  release(): void
}

/** What versions 2 and 3 do differently. Functions return the library's status, 0 on success. */
export interface DescriptorApi {
  layout(layout: Layout, check: (status: number) => void): LayoutHandle
  /** Writes the descriptor of the product `out = a b + bias` to the out-pointer. */
  matMul(out: Pointer, a: Handle, b: Handle, bias: Handle | null, result: Handle): number
}

const types = { bf16: 2, f32: 3 } as const

export function descriptorApi(major: 2 | 3, path: string, engine: Handle): DescriptorApi {
  return major === 2 ? version2(path, engine) : version3(path, engine)
}

/** Version 2: layouts and operations are structures that the caller holds. */
function version2(path: string, engine: Handle): DescriptorApi {
  const { dnnl_memory_desc_init_by_strides, dnnl_matmul_desc_init, dnnl_primitive_desc_create } = load(path, {
    dnnl_memory_desc_init_by_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
    dnnl_matmul_desc_init: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    dnnl_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" }
  })
  // dnnl_memory_desc_t has 696 bytes, dnnl_matmul_desc_t 2,800 in version 2.6; some more for later ones.
  const [layoutBytes, matMulBytes] = [1024, 8192]
  return {
    layout({ dims, strides, type }, check) {
      const memory = new Uint8Array(layoutBytes)
      const pointer = ptr(memory)
      check(dnnl_memory_desc_init_by_strides(pointer, dims.length, int64s(dims), types[type], int64s(strides)))
      return { pointer, memory, release() {} }
    },
    matMul(out, a, b, bias, result) {
      const operation = new Uint8Array(matMulBytes)
      const status = dnnl_matmul_desc_init(operation, a, b, bias, result)
      return status === 0 ? dnnl_primitive_desc_create(out, operation, null, engine, null) : status
    }
  }
}

/** Version 3: layouts are handles that must be released. */
function version3(path: string, engine: Handle): DescriptorApi {
  const { dnnl_memory_desc_create_with_strides, dnnl_memory_desc_destroy, dnnl_matmul_primitive_desc_create } = load(
    path,
    {
      dnnl_memory_desc_create_with_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
      dnnl_memory_desc_destroy: { args: ["ptr"], returns: "i32" },
      dnnl_matmul_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" }
    }
  )
  return {
    layout({ dims, strides, type }, check) {
      const out = new BigUint64Array(1)
      check(dnnl_memory_desc_create_with_strides(out, dims.length, int64s(dims), types[type], int64s(strides)))
      const pointer = Number(out[0]) as Handle
      return { pointer, release: () => void dnnl_memory_desc_destroy(pointer) }
    },
    matMul: (out, a, b, bias, result) => dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, result, null)
  }
}

const int64s = (numbers: readonly number[]) => BigInt64Array.from(numbers, BigInt)
