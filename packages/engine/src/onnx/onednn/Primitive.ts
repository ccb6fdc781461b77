import { type Pointer, ptr } from "bun:ffi"
import { EngineError } from "../../errors.ts"
import type { Handle } from "../OrtApi.ts"
import { implementation, load, type OneDnnLibrary } from "./OneDnnLibrary.ts"

/** oneDNN's numbers for the operands of a primitive. */
const source = 1
const weights = 33
const biases = 41
const destination = 17
const sourceGradient = 129
const destinationGradient = 145

const bytesPerArgument = 16

/** A compiled operation for one set of layouts. It runs over memory that is named at each call. */
export class Primitive {
  readonly #library: OneDnnLibrary
  readonly #memories: Array<Handle> = []
  readonly #argumentList: BigInt64Array
  readonly #argumentPointer: Pointer
  readonly #what: string
  #handle: Handle | undefined

  private constructor(
    library: OneDnnLibrary,
    what: string,
    operands: ReadonlyArray<readonly [place: number, layout: LayoutHandle]>,
    describe: (out: Pointer) => number
  ) {
    const { symbols, check, create, engine } = library
    this.#library = library
    this.#what = what
    this.#argumentList = new BigInt64Array((operands.length * bytesPerArgument) / 8)
    this.#argumentPointer = ptr(this.#argumentList)
    const descriptor = create(what, describe)
    try {
      const name = implementation(library, descriptor)
      if (name.startsWith("ref"))
        throw new EngineError(`oneDNN ${library.version} has only slow code (${name}) for ${what}`)
      this.#handle = create(what, (out) => symbols.dnnl_primitive_create(out, descriptor))
      for (const [i, [place, layout]] of operands.entries()) {
        const memory = create(what, (out) => symbols.dnnl_memory_create(out, layout.pointer, engine, null))
        this.#memories.push(memory)
        this.#argumentList[i * 2] = BigInt(place)
        this.#argumentList[i * 2 + 1] = BigInt(memory)
      }
    } catch (error) {
      this.release()
      throw error
    } finally {
      check(symbols.dnnl_primitive_desc_destroy(descriptor), what)
    }
  }

  /** Copies numbers from one layout and type to another. @throws EngineError where the library cannot. */
  static reorder(library: OneDnnLibrary, from: Layout, to: Layout): Primitive {
    const { symbols, engine } = library
    return withLayouts(library, [from, to], ([a, b]) => {
      const [from, to] = [a!.pointer, b!.pointer]
      const describe = (out: Pointer) => symbols.dnnl_reorder_primitive_desc_create(out, from, engine, to, engine, null)
      return new Primitive(
        library,
        "reorder",
        [
          [source, a!],
          [destination, b!]
        ],
        describe
      )
    })
  }

  /** `out = a b`, or `a b + bias` with a bias of `out`'s rank. @throws EngineError where the library cannot. */
  static matMul(library: OneDnnLibrary, a: Layout, b: Layout, out: Layout, bias?: Layout): Primitive {
    return withLayouts(
      library,
      [a, b, out, ...(bias ? [bias] : [])],
      ([a, b, out, bias]) =>
        new Primitive(
          library,
          "product",
          [[source, a!], [weights, b!], [destination, out!], ...(bias ? [[biases, bias] as const] : [])],
          (to) => library.descriptors.matMul(to, a!.pointer, b!.pointer, bias?.pointer ?? null, out!.pointer)
        )
    )
  }

  /** `dx = dy gelu'(x)` over x, dy and dx of one layout, with erf, in float32. @throws EngineError where the library cannot. */
  static geluGradient(library: OneDnnLibrary, layout: Layout): Primitive {
    const { create, check, descriptors, symbols } = library
    return withLayouts(library, [layout], ([x]) => {
      const { pointer } = x!
      const gelu = create("GELU", (out) => descriptors.gelu(out, pointer))
      try {
        return new Primitive(
          library,
          "GELU's gradient",
          [
            [source, x!],
            [destinationGradient, x!],
            [sourceGradient, x!]
          ],
          (out) => descriptors.geluGradient(out, pointer, gelu)
        )
      } finally {
        check(symbols.dnnl_primitive_desc_destroy(gelu), "GELU")
      }
    })
  }

  /** Runs over operands at these addresses, in the order in which their layouts were given. */
  run(...addresses: ReadonlyArray<number>): void {
    if (this.#handle === undefined) throw new EngineError("This product was released")
    const { symbols, check, stream } = this.#library
    for (const [i, address] of addresses.entries()) {
      check(symbols.dnnl_memory_set_data_handle(this.#memories[i]!, address as Pointer), this.#what)
    }
    check(
      symbols.dnnl_primitive_execute(this.#handle, stream, this.#memories.length, this.#argumentPointer),
      this.#what
    )
  }

  release(): void {
    const { symbols } = this.#library
    for (const memory of this.#memories.splice(0)) symbols.dnnl_memory_destroy(memory)
    if (this.#handle !== undefined) symbols.dnnl_primitive_destroy(this.#handle)
    this.#handle = undefined
  }
}

const withLayouts = <A>(
  library: OneDnnLibrary,
  layouts: ReadonlyArray<Layout>,
  use: (handles: Array<LayoutHandle>) => A
): A => {
  const handles: Array<LayoutHandle> = []
  try {
    for (const layout of layouts) {
      handles.push(library.descriptors.layout(layout, (status) => library.check(status, "layout")))
    }
    return use(handles)
  } finally {
    for (const handle of handles) handle.release()
  }
}

/** How numbers lie in memory: `strides` counts elements from one index of an axis to the next. */
export interface Layout {
  readonly dims: ReadonlyArray<number>
  readonly strides: ReadonlyArray<number>
  readonly type: "bf16" | "f32"
}

/** A layout as the library knows it. */
interface LayoutHandle {
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
  /** Writes the descriptor of GELU (with erf), which its gradient is described by, to the out-pointer. */
  gelu(out: Pointer, layout: Handle): number
  /** Writes the descriptor of GELU's gradient to the out-pointer; x, dy and dx have one layout. */
  geluGradient(out: Pointer, layout: Handle, gelu: Handle): number
}

const types = { bf16: 2, f32: 3 } as const
const forwardTraining = 64

export const descriptorApi = (major: 2 | 3, path: string, engine: Handle): DescriptorApi =>
  major === 2 ? version2(path, engine) : version3(path, engine)

/** Version 2: layouts and operations are structures that the caller holds. */
const version2 = (path: string, engine: Handle): DescriptorApi => {
  const api = load(path, {
    dnnl_memory_desc_init_by_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
    dnnl_matmul_desc_init: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    dnnl_eltwise_forward_desc_init: { args: ["ptr", "i32", "i32", "ptr", "f32", "f32"], returns: "i32" },
    dnnl_eltwise_backward_desc_init: { args: ["ptr", "i32", "ptr", "ptr", "f32", "f32"], returns: "i32" },
    dnnl_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" }
  })
  // dnnl_memory_desc_t has 696 bytes, dnnl_matmul_desc_t 2,800 in version 2.6; some more for later ones.
  const [layoutBytes, operationBytes] = [1024, 8192]
  const geluErf = 0x30
  const create = (out: Pointer, init: (operation: Uint8Array) => number, forward: Handle | null = null) => {
    const operation = new Uint8Array(operationBytes)
    const status = init(operation)
    return status === 0 ? api.dnnl_primitive_desc_create(out, operation, null, engine, forward) : status
  }
  return {
    layout({ dims, strides, type }, check) {
      const memory = new Uint8Array(layoutBytes)
      const pointer = ptr(memory)
      check(api.dnnl_memory_desc_init_by_strides(pointer, dims.length, int64s(dims), types[type], int64s(strides)))
      return { pointer, memory, release() {} }
    },
    matMul: (out, a, b, bias, result) => create(out, (op) => api.dnnl_matmul_desc_init(op, a, b, bias, result)),
    gelu: (out, layout) =>
      create(out, (op) => api.dnnl_eltwise_forward_desc_init(op, forwardTraining, geluErf, layout, 0, 0)),
    geluGradient: (out, layout, gelu) =>
      create(out, (op) => api.dnnl_eltwise_backward_desc_init(op, geluErf, layout, layout, 0, 0), gelu)
  }
}

/** Version 3: layouts are handles that must be released. */
const version3 = (path: string, engine: Handle): DescriptorApi => {
  const api = load(path, {
    dnnl_memory_desc_create_with_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
    dnnl_memory_desc_destroy: { args: ["ptr"], returns: "i32" },
    dnnl_matmul_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    dnnl_eltwise_forward_primitive_desc_create: {
      args: ["ptr", "ptr", "i32", "i32", "ptr", "ptr", "f32", "f32", "ptr"],
      returns: "i32"
    },
    dnnl_eltwise_backward_primitive_desc_create: {
      args: ["ptr", "ptr", "i32", "ptr", "ptr", "ptr", "f32", "f32", "ptr", "ptr"],
      returns: "i32"
    }
  })
  const geluErf = 0x31
  return {
    layout({ dims, strides, type }, check) {
      const out = new BigUint64Array(1)
      check(api.dnnl_memory_desc_create_with_strides(out, dims.length, int64s(dims), types[type], int64s(strides)))
      const pointer = Number(out[0]) as Handle
      return { pointer, release: () => void api.dnnl_memory_desc_destroy(pointer) }
    },
    matMul: (out, a, b, bias, result) => api.dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, result, null),
    gelu: (out, x) =>
      api.dnnl_eltwise_forward_primitive_desc_create(out, engine, forwardTraining, geluErf, x, x, 0, 0, null),
    geluGradient: (out, x, gelu) =>
      api.dnnl_eltwise_backward_primitive_desc_create(out, engine, geluErf, x, x, x, 0, 0, gelu, null)
  }
}

const int64s = (numbers: ReadonlyArray<number>) => BigInt64Array.from(numbers, BigInt)
