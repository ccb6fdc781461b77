import { SafetensorsError } from "../errors.ts"
import { openFile } from "../safetensors/readSafetensors.ts"
import { type AnyDtype, type Bytes, bytesOf, decode, type SafetensorsFile } from "../safetensors/SafetensorsFile.ts"
import { type PickledTensor, unpickleTensors } from "./unpickle.ts"

/** PyTorch's names of the dtypes that are read. */
const dtypeOf: Readonly<Record<string, AnyDtype>> = {
  Float: "F32",
  Half: "F16",
  BFloat16: "BF16",
  Long: "I64",
  Int: "I32",
  Char: "I8"
}

/**
 * Opens a dictionary of weights that `torch.save` wrote (`pytorch_model.bin`), as a safetensors file: tensors are read one at a time. The pickle in it
 * is read as data, by a list of what a dictionary of tensors needs; anything else is refused by name, and no code is run.
 *
 * @throws SafetensorsError
 */
export const readTorch = (path: string): Promise<SafetensorsFile> => openFile(path, (bytes) => openTorch(path, bytes))

const openTorch = async (path: string, bytes: Bytes): Promise<SafetensorsFile> => {
  const entries = await storedEntries(path, bytes)
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name))
  if (pickle === undefined) throw new SafetensorsError(path, "holds no data.pkl: not written by torch.save")
  const folder = pickle.slice(0, -"data.pkl".length)
  const order = entries.get(`${folder}byteorder`)
  if (order && new TextDecoder().decode(await bytes.read(order.start, order.size)) !== "little") {
    throw new SafetensorsError(path, "is big-endian, which is not read")
  }
  const { size, start } = entries.get(pickle)!
  const tensors = unpickleTensors(path, await bytes.read(start, size))
  const places = new Map(
    [...tensors].map(([name, tensor]) => {
      const data = entries.get(`${folder}data/${tensor.storage.key}`)
      return [name, placeOf(path, name, tensor, data)] as const
    })
  )
  return {
    path,
    metadata: {},
    entries: places,
    read: async (name) => {
      const place = places.get(name)
      if (place === undefined) throw new SafetensorsError(path, "is not in this file", name)
      return decode(place, await bytes.read(place.start, place.end - place.start))
    },
    close: bytes.close
  }
}

/** A tensor that lies in one piece, which those of a state dict do. */
const placeOf = (
  path: string,
  name: string,
  { offset, shape, storage, stride }: PickledTensor,
  data: { readonly start: number; readonly size: number } | undefined
) => {
  const dtype = dtypeOf[storage.dtype]
  if (dtype === undefined) throw new SafetensorsError(path, `${storage.dtype} numbers are not read`, name)
  const width = bytesOf[dtype]
  const count = shape.reduce((product, side) => product * side, 1)
  const plain = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))
  if (stride.length !== shape.length || shape.some((side, axis) => side > 1 && stride[axis] !== plain[axis])) {
    throw new SafetensorsError(path, `has the strides [${stride}] over [${shape}]: not in one piece`, name)
  }
  if (data === undefined || (offset + count) * width > data.size) {
    throw new SafetensorsError(path, `[${shape}] lies outside of its storage ${storage.key}`, name)
  }
  const start = data.start + offset * width
  return { name, dtype, shape, start, end: start + count * width }
}

/** Where the content of a file in an archive lies. */
interface StoredEntry {
  readonly start: number
  readonly size: number
}

/**
 * The files of a ZIP archive whose content stands in it as it is, which is how PyTorch packs weights (APPNOTE.TXT 4.3, zip64 included): each can be
 * read by itself, from its place.
 *
 * @throws SafetensorsError for what is no such archive
 */
const storedEntries = async (path: string, { read, size }: Bytes): Promise<Map<string, StoredEntry>> => {
  const fail = (reason: string): never => {
    throw new SafetensorsError(path, reason)
  }
  const view = async (from: number, count: number): Promise<DataView> => {
    if (from < 0 || from + count > size) fail("names a place beyond its end: truncated")
    return new DataView((await read(from, count)).buffer)
  }
  const big = (data: DataView, at: number): number => Number(data.getBigUint64(at, true))
  // The record that ends the archive stands before a comment of at most 64 KiB.
  const tailSize = Math.min(size, 22 + 0xffff)
  const tail = await view(size - tailSize, tailSize)
  let end = tailSize - 22
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) return fail("is no ZIP archive: only what torch.save writes from PyTorch 1.6 on is read")
  let [count, bytes, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true)
  ]
  const locator = end - 20
  if (locator >= 0 && tail.getUint32(locator, true) === 0x07064b50) {
    const record = await view(big(tail, locator + 8), 56)
    ;[count, bytes, start] = [big(record, 32), big(record, 40), big(record, 48)]
  }
  const directory = await view(start, bytes)
  const entries = new Map<string, StoredEntry>()
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes || directory.getUint32(at, true) !== 0x02014b50) fail("has a damaged list of files")
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true)) as [
      number,
      number,
      number
    ]
    const text = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, name))
    if (directory.getUint16(at + 10, true) !== 0) fail(`${text} is compressed, which PyTorch never does`)
    let length = directory.getUint32(at + 24, true)
    let header = directory.getUint32(at + 42, true)
    // Sizes and places beyond 32 bits stand in an extra field, those that need it, in this order.
    for (let field = at + 46 + name; field + 4 <= at + 46 + name + extra; ) {
      const [id, width] = [directory.getUint16(field, true), directory.getUint16(field + 2, true)]
      let value = field + 4
      const next = (): number => {
        value += 8
        return big(directory, value - 8)
      }
      if (id === 1) {
        if (length === 0xffffffff) length = next()
        if (directory.getUint32(at + 20, true) === 0xffffffff) next()
        if (header === 0xffffffff) header = next()
      }
      field += 4 + width
    }
    const local = await view(header, 30)
    const begins = header + 30 + local.getUint16(26, true) + local.getUint16(28, true)
    if (begins + length > size) fail(`${text} reaches beyond the end: truncated`)
    entries.set(text, { start: begins, size: length })
    at += 46 + name + extra + comment
  }
  return entries
}
