import { CString, type Pointer, ptr } from "bun:ffi"
import { EngineError } from "../../errors.ts"
import type { Handle } from "../OrtApi.ts"
import type { Layout, LayoutHandle, OneDnnLibrary } from "./OneDnnLibrary.ts"

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

/** The name of the implementation behind a primitive descriptor, as in `brg:avx512_core_bf16`. */
const implementation = ({ symbols, create }: OneDnnLibrary, descriptor: Handle): string => {
  const query = 8
  const text = create("implementation", (out) => symbols.dnnl_primitive_desc_query(descriptor, query, 0, out))
  return new CString(text).toString()
}
