import { expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { tempDir } from "@nuner/testing"
import { lines, rng, skipped } from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const texts = async (text: string) => (await collect(lines({ name: "a.txt", text }))).map((line) => line.text)

test("LF and CRLF end a line, the last needs no end, a BOM is no part of the first", async () => {
  expect(await texts("a\nb\n")).toEqual(["a", "b"])
  expect(await texts("a\r\nb")).toEqual(["a", "b"])
  expect(await texts("\ufeffa\n\n\ufeffb\n")).toEqual(["a", "", "\ufeffb"])
  expect(await texts("")).toEqual([])
  expect(await texts("\n")).toEqual([""])
  expect(await texts("a\u2028b\u0085c\rd\n")).toEqual(["a\u2028b\u0085c\rd"])
  expect(await texts("a\rb\r\rc\r")).toEqual(["a", "b", "", "c"])
})

test("lines do not depend on where chunks break, even inside a character", async () => {
  const text = "\ufeffe\u0301 😀\r\n\r\n漢字\nlast 👩‍👩‍👧"
  const bytes = new TextEncoder().encode(text)
  const random = rng(1)
  const expected = await collect(lines({ name: "x", text }))
  for (let round = 0; round < 200; round++) {
    const pieces: Array<Uint8Array> = []
    for (let at = 0; at < bytes.length; ) {
      const size = random.int(8)
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    expect(await collect(lines({ name: "x", text: pieces }))).toEqual(expected)
  }
  expect(await collect(lines(new Response(text).body!))).toEqual(expected)
})

test("files are streamed, packed or not, with a line of 3 million characters", async () => {
  using dir = tempDir()
  const huge = "x😀".repeat(1_000_000)
  writeFileSync(dir.file("a.txt"), `one\n${huge}\nthree`)
  writeFileSync(dir.file("a.txt.gz"), gzipSync(`one\n${huge}\nthree`))
  for (const name of ["a.txt", "a.txt.gz"]) {
    const read = await collect(lines(dir.file(name)))
    expect(read.map((line) => line.text.length)).toEqual([3, 3_000_000, 5])
    expect(read[1]!.text === huge).toBe(true)
  }
  writeFileSync(dir.file("cut.gz"), gzipSync(`one\n${huge}`).subarray(0, 500))
  writeFileSync(dir.file("plain.gz"), "plain")
  expect(await failure(lines(dir.file("cut.gz")))).toMatch(/InputError.*cut.gz: not a whole gzip file/)
  expect(await failure(lines(dir.file("plain.gz")))).toMatch(/InputError.*plain.gz: not a whole gzip file/)
})

test("a missing file, a folder and another encoding are refused with a remedy", async () => {
  using dir = tempDir()
  expect(await failure(lines(dir.file("none")))).toBe(`InputError: ${dir.file("none")}: no such file (check the path)`)
  expect(await failure(lines(dir.path))).toContain("is a folder (name a file in it)")
  const latin1 = Uint8Array.of(97, 10, 0xe9, 10, 98)
  expect(await failure(lines({ name: "l.txt", text: [latin1] }))).toMatch(/l.txt:2: is not UTF-8 \(convert/)
  expect(await failure(lines({ name: "w.txt", text: [Uint8Array.of(0xff, 0xfe, 97, 0)] }))).toContain(
    "w.txt:1: is UTF-16"
  )
  const lenient = skipped()
  expect(await collect(lines({ name: "l.txt", text: [latin1] }, lenient))).toEqual([
    { text: "a", number: 1 },
    { text: "b", number: 3 }
  ])
  expect(lenient.count).toBe(1)
  expect(lenient.errors[0]!.line).toBe(2)
})
