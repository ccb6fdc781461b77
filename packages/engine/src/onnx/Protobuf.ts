const encoder = new TextEncoder()
const varintField = 0
const bytesField = 2
const fixed32Field = 5

/** From this size on bytes are copied once, when the message is finished, however deep they stand in it. */
const large = 2 ** 12

/** Writes protocol-buffer messages: the four wire forms that ONNX models need. */
export class Protobuf {
  /** What was written before `#bytes`. */
  readonly #parts: Uint8Array[] = []
  #bytes = new Uint8Array(256)
  #length = 0

  int(field: number, value: number): this {
    this.#varint(field * 8 + varintField)
    this.#varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + fixed32Field)
    this.#reserve(4)
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true)
    this.#length += 4
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#delimited(field, [value])
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value))
  }

  message(field: number, value: Protobuf): this {
    return this.#delimited(field, value.#all())
  }

  /** The message's bytes, in memory that the caller may provide. */
  finish(allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes)): Uint8Array {
    const parts = this.#all()
    const whole = allocate(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }

  #all(): Uint8Array[] {
    return [...this.#parts, this.#bytes.subarray(0, this.#length)]
  }

  #delimited(field: number, parts: readonly Uint8Array[]): this {
    this.#varint(field * 8 + bytesField)
    this.#varint(parts.reduce((sum, { length }) => sum + length, 0))
    for (const part of parts) {
      if (part.length < large) this.#append(part)
      else {
        this.#parts.push(this.#bytes.subarray(0, this.#length), part)
        this.#bytes = new Uint8Array(256)
        this.#length = 0
      }
    }
    return this
  }

  #append(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
  #varint(value: number): void {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
