/** Why a text is not a Python list of strings, and at which UTF-16 offset. */
export class PythonListError extends SyntaxError {
  override readonly name = "PythonListError"
  readonly at: number
  constructor(reason: string, at: number) {
    super(`${reason} at character ${at}`)
    this.at = at
  }
}

/** Goes through what Python writes for values, by its grammar; nothing is evaluated. Each method starts and ends behind white space. */
export class PythonScanner {
  readonly source: string
  at = 0

  constructor(source: string) {
    this.source = source
    this.space()
  }

  /** @throws PythonListError */
  fail(reason: string): never {
    throw new PythonListError(reason, this.at)
  }

  space(): void {
    while (this.at < this.source.length && " \t\n\r\f".includes(this.source[this.at]!)) this.at++
  }

  /** Whether a text stands here; it is passed over. */
  take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    this.space()
    return true
  }

  /**
   * Items up to a closing bracket, behind the opening one.
   *
   * @param loose a comma may be missing, as where NumPy writes an array
   */
  items<A>(close: string, item: () => A, loose = false): Array<A> {
    const items: Array<A> = []
    while (!this.take(close)) {
      items.push(item())
      if (this.take(",") || loose || this.source[this.at] === close) continue
      this.fail(`neither a comma nor ${close}`)
    }
    return items
  }

  /** A string in single or double quotes, without a prefix. */
  string(): string {
    const quote = this.source[this.at]
    if (quote !== "'" && quote !== '"') this.fail("not a string in quotes")
    if (this.source.startsWith(quote!.repeat(3), this.at)) this.fail("a string in triple quotes")
    this.at++
    let value = ""
    for (;;) {
      const start = this.at
      while (this.at < this.source.length && !`${quote}\\\n\r\0`.includes(this.source[this.at]!)) this.at++
      value += this.source.slice(start, this.at)
      const character = this.source[this.at]
      if (character === quote) {
        this.at++
        this.space()
        return value
      }
      if (character !== "\\")
        this.fail(character === undefined ? "a string without an end" : "a line break or NUL inside a string")
      this.at++
      value += this.escaped()
    }
  }

  /** To be called last. */
  end(after: string): void {
    if (this.at < this.source.length) this.fail(`something after ${after}`)
  }

  private escaped(): string {
    const { source } = this
    const letter = source[this.at++]
    if (letter === undefined) this.fail("a string without an end")
    if (letter === "x") return this.code(2)
    if (letter === "u") return this.code(4)
    if (letter === "U") return this.code(8)
    if (letter === "N") this.fail("a named character (\\N), which is not supported")
    if (letter === "\r" && source[this.at] === "\n") this.at++
    if (letter === "\r" || letter === "\n") return ""
    const octal = /^[0-7]{1,3}/.exec(source.slice(this.at - 1, this.at + 2))?.[0]
    if (octal !== undefined) {
      this.at += octal.length - 1
      return String.fromCharCode(Number.parseInt(octal, 8))
    }
    return simpleEscapes[letter!] ?? `\\${letter}`
  }

  private code(digits: number): string {
    const hex = this.source.slice(this.at, this.at + digits)
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex))
      this.fail(`an escape with fewer than ${digits} hexadecimal digits`)
    const value = Number.parseInt(hex, 16)
    if (value > 0x10ffff) this.fail("an escape beyond U+10FFFF")
    this.at += digits
    return String.fromCodePoint(value)
  }
}

const simpleEscapes: Record<string, string> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v"
}
