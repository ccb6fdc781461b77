import { open } from "node:fs/promises"
import { SafetensorsError } from "../errors.ts"
import { type AnyDtype, bytesOf } from "../safetensors/dtypes.ts"
import { fileBytes } from "../safetensors/readSafetensors.ts"
import { type Bytes, decode, type SafetensorsFile } from "../safetensors/SafetensorsFile.ts"
import { storedEntries } from "./storedEntries.ts"
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
export const readTorch = async (path: string): Promise<SafetensorsFile> => {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new SafetensorsError(path, error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code})`)
  })
  const bytes = await fileBytes(path, file)
  try {
    return await openTorch(path, bytes)
  } catch (error) {
    await bytes.close()
    throw error
  }
}

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
