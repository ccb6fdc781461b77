import { SafetensorsError } from "../errors.ts"

/** What a pickle says about a tensor's numbers: the type's name, the key of the file that holds them, how many there are. */
interface Storage {
  readonly dtype: string
  readonly key: string
  readonly size: number
}

/** A tensor of a state dict: a view of a storage. */
export interface PickledTensor {
  readonly storage: Storage
  readonly offset: number
  readonly shape: ReadonlyArray<number>
  readonly stride: ReadonlyArray<number>
}

const mark = Symbol("mark")
class Global {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
class Tensor {
  readonly view: PickledTensor
  constructor(view: PickledTensor) {
    this.view = view
  }
}

type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | typeof mark
  | Global
  | Tensor
  | Storage
  | ReadonlyArray<Value>
  | Map<Value, Value>

const isStorage = (value: Value | undefined): value is Storage =>
  typeof value === "object" && value !== null && "dtype" in value && "key" in value

const isSizes = (value: Value | undefined): value is ReadonlyArray<number> =>
  Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && (one as number) >= 0)

/** All that a state dict of tensors calls: it makes nothing but dictionaries, tensors and parameters. */
const storages = /^torch (?:Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage$/
const callable = new Set([
  "collections OrderedDict",
  "torch._utils _rebuild_tensor_v2",
  "torch._utils _rebuild_parameter"
])

/**
 * The tensors of a state dict, by name, out of the pickle that `torch.save` writes. It is read as data: an instruction or a name beyond those that
 * a dictionary of tensors needs is refused, and nothing is ever called.
 *
 * @throws SafetensorsError naming what is refused
 */
export const unpickleTensors = (path: string, bytes: Uint8Array): Map<string, PickledTensor> => {
  const fail = (reason: string): never => {
    throw new SafetensorsError(path, reason)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = new TextDecoder()
  const memo = new Map<number, Value>()
  const stack: Array<Value> = []
  let at = 0
  const take = (count: number): number => {
    const from = at
    at += count
    if (at > bytes.length) fail("ends in the middle of an instruction: damaged")
    return from
  }
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) fail("ends in the middle of an instruction: damaged")
    return text.decode(bytes.subarray(take(end + 1 - at), end))
  }
  const string = (length: number): string => {
    const from = take(length)
    return text.decode(bytes.subarray(from, from + length))
  }
  const pop = (): Value => (stack.length > 0 ? stack.pop()! : fail("takes from an empty stack: damaged"))
  const sinceMark = (): Array<Value> => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) fail("has no mark: damaged")
    const values = stack.splice(from)
    return values.slice(1)
  }
  const setItems = (values: ReadonlyArray<Value>): void => {
    const target = stack.at(-1)
    if (!(target instanceof Map)) throw new SafetensorsError(path, "sets entries of what is no dictionary: refused")
    for (let i = 0; i + 1 < values.length; i += 2) target.set(values[i]!, values[i + 1]!)
  }
  const global = (module: string, name: string): Global => {
    const whole = `${module} ${name}`
    if (!callable.has(whole) && !storages.test(whole)) {
      fail(`asks for ${module}.${name}, which is no part of a dictionary of tensors: refused`)
    }
    return new Global(whole)
  }
  const tensorOf = ([storage, offset, shape, stride]: ReadonlyArray<Value>): Tensor => {
    if (isStorage(storage) && isSizes([offset ?? null]) && isSizes(shape) && isSizes(stride)) {
      return new Tensor({ storage, offset: offset as number, shape, stride })
    }
    return fail("holds a tensor that is no view of a storage: refused")
  }
  const reduce = (called: Value, args: Value): Value => {
    if (!(called instanceof Global) || !Array.isArray(args)) return fail("calls what is no name: refused")
    switch (called.name) {
      case "collections OrderedDict":
        return new Map()
      case "torch._utils _rebuild_tensor_v2":
        return tensorOf(args)
      case "torch._utils _rebuild_parameter":
        return args[0] instanceof Tensor ? args[0] : fail("makes a parameter of what is no tensor: refused")
      default:
        return fail(`calls ${called.name.replace(" ", ".")}: refused`)
    }
  }
  const persistent = (id: Value): Storage => {
    if (!Array.isArray(id) || id[0] !== "storage" || !(id[1] instanceof Global) || typeof id[2] !== "string") {
      return fail("names a storage in a way of its own: refused")
    }
    return { dtype: id[1].name.replace(/^torch |Storage$/g, ""), key: id[2], size: Number(id[4]) }
  }
  const push = (value: Value): void => void stack.push(value)
  const byte = (): number => bytes[take(1)]!
  const word = (): number => view.getUint32(take(4), true)
  const recall = (key: number): void => push(memo.has(key) ? memo.get(key)! : fail("reads what it never kept: damaged"))
  const tuple = (count: number): void => push(Array.from({ length: count }, pop).reverse())
  const long = (length: number): number => {
    if (length > 8) fail("counts beyond 64 bits: damaged")
    const from = take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!)
    return Number(BigInt.asIntN(8 * length, value))
  }
  /** By their byte, under the names that pickletools.py gives them. */
  const instructions: Readonly<Record<string, () => void>> = {
    "\x80": () => take(1), // PROTO
    "\x95": () => take(8), // FRAME
    "}": () => push(new Map()), // EMPTY_DICT
    "]": () => push([]), // EMPTY_LIST
    ")": () => push([]), // EMPTY_TUPLE
    "(": () => push(mark), // MARK
    c: () => push(global(line(), line())), // GLOBAL
    "\x93": () => {
      const [name, module] = [pop(), pop()]
      push(global(String(module), String(name)))
    }, // STACK_GLOBAL
    q: () => memo.set(byte(), stack.at(-1)!), // BINPUT
    r: () => memo.set(word(), stack.at(-1)!), // LONG_BINPUT
    "\x94": () => memo.set(memo.size, stack.at(-1)!), // MEMOIZE
    h: () => recall(byte()), // BINGET
    j: () => recall(word()), // LONG_BINGET
    X: () => push(string(word())), // BINUNICODE
    "\x8c": () => push(string(byte())), // SHORT_BINUNICODE
    K: () => push(byte()), // BININT1
    M: () => push(view.getUint16(take(2), true)), // BININT2
    J: () => push(view.getInt32(take(4), true)), // BININT
    "\x8a": () => push(long(byte())), // LONG1
    G: () => push(view.getFloat64(take(8))), // BINFLOAT
    N: () => push(null), // NONE
    "\x88": () => push(true), // NEWTRUE
    "\x89": () => push(false), // NEWFALSE
    t: () => push(sinceMark()), // TUPLE
    "\x85": () => tuple(1), // TUPLE1
    "\x86": () => tuple(2), // TUPLE2
    "\x87": () => tuple(3), // TUPLE3
    Q: () => push(persistent(pop())), // BINPERSID
    R: () => {
      const args = pop()
      push(reduce(pop(), args))
    }, // REDUCE
    s: () => {
      const value = pop()
      setItems([pop(), value])
    }, // SETITEM
    u: () => setItems(sinceMark()), // SETITEMS
    // BUILD: the attributes of a state dict (`_metadata`), of which nothing is needed
    b: () => {
      if (!(pop() instanceof Map) || !(stack.at(-1) instanceof Map)) fail("sets attributes of an object: refused")
    }
  }
  for (;;) {
    const code = byte()
    const name = String.fromCharCode(code)
    if (name === ".") return tensorsOf(pop(), fail) // STOP
    const run =
      instructions[name] ??
      fail(`holds the instruction 0x${code.toString(16)}, which a dictionary of tensors does not need: refused`)
    run()
  }
}

const tensorsOf = (value: Value, fail: (reason: string) => never): Map<string, PickledTensor> => {
  if (!(value instanceof Map)) return fail("holds no dictionary of tensors")
  const tensors = new Map<string, PickledTensor>()
  for (const [name, tensor] of value) {
    if (typeof name !== "string" || !(tensor instanceof Tensor)) {
      return fail(`"${String(name)}" is no tensor: not a dictionary of weights alone`)
    }
    tensors.set(name, tensor.view)
  }
  return tensors
}
