import { describe, expect, test } from "bun:test"
import { readdir } from "node:fs/promises"
import { offsetMap, words } from "@nuner/core"
import { leakCheck, tempDir } from "@nuner/testing"
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet"
import { type EncodedText, type EncodeOptions, encode, writeVectors } from "../src/index.ts"
import { texts } from "./texts.ts"
import { tiny } from "./tiny.ts"

const sentences = ["Zoë 🥐 met Ada Lovelace.", "", texts[0]!].map((text, i) => ({ id: `s-${i}`, text }))

type Row = Record<string, string | Array<number> | Array<Array<number>>>
const readJson = async (path: string): Promise<Array<Row>> => Bun.JSONL.parse(await Bun.file(path).text()) as Array<Row>
/** By another reader than the library that writes. */
const readParquet = async (path: string): Promise<Array<Row>> =>
  (await parquetReadObjects({ file: await asyncBufferFromFile(path) })) as Array<Row>

const collect = async (stream: AsyncIterable<EncodedText>): Promise<Array<EncodedText>> => Array.fromAsync(stream)

const rowsOf = (values: Float32Array, width: number): Array<Array<number>> =>
  Array.from({ length: values.length / width }, (_, row) => [...values.subarray(row * width, (row + 1) * width)])

/** The numbers of a JSON file as the 32-bit floats that they stand for. */
const floats = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name === "vectors"
        ? (value as Array<Array<number>>).map((vector) => vector.map(Math.fround))
        : name === "vector"
          ? (value as Array<number>).map(Math.fround)
          : value
    ])
  )

describe("writeVectors", () => {
  for (const pooling of ["none", "word", "first", "mean"] as const) {
    test(`${pooling}: JSON Lines and Parquet hold the same rows, to the bit what encode gives`, () =>
      leakCheck(async () => {
        using dir = tempDir()
        const encoder = tiny()
        const options: Partial<EncodeOptions> = { pooling, layers: [-1, 0] }
        const expected = (await collect(encode(encoder, sentences, options))).map(
          ({ id, text, ids, offsets, values, width }) => ({
            id,
            text,
            ...(pooling === "none" ? { tokens: [...ids] } : {}),
            ...(pooling === "none" || pooling === "word"
              ? {
                  start: offsets.map(({ start }) => offsetMap(text, "codepoints").fromUtf16(start)!),
                  end: offsets.map(({ end }) => offsetMap(text, "codepoints").fromUtf16(end)!),
                  vectors: rowsOf(values, width)
                }
              : { vector: [...values] })
          })
        ) as Array<Row>
        for (const name of ["v.jsonl", "v.parquet"]) {
          const stream = encode(encoder, sentences, options)
          expect(await writeVectors(dir.file(name), stream, { pooling, offsets: "codepoints" })).toBe(3)
        }
        expect((await readJson(dir.file("v.jsonl"))).map(floats)).toEqual(expected)
        expect(await readParquet(dir.file("v.parquet"))).toEqual(expected)
        // Python slices by code points.
        if (pooling === "word") {
          const { start, end } = expected[0]!
          const characters = [...sentences[0]!.text]
          const slices = (start as Array<number>).map((from, i) => characters.slice(from, (end as Array<number>)[i]!))
          expect(slices.map((slice) => slice.join(""))).toEqual(["Zoë", "🥐", "met", "Ada", "Lovelace", "."])
        }
        encoder.dispose()
      }))
  }

  test("a word's vector is the mean of its sub-tokens'", async () => {
    const encoder = tiny()
    const text = texts[0]!
    const [token] = await collect(encode(encoder, [text]))
    const [word] = await collect(encode(encoder, [text], { pooling: "word" }))
    await expect(word!.offsets).toEqual(words(text).map(({ start, end }) => ({ start, end })))
    for (const [index, { start, end }] of word!.offsets.entries()) {
      const inside = [...token!.offsets.keys()].filter((t) => {
        const span = token!.offsets[t]!
        return span.start < end && span.end > start
      })
      for (let i = 0; i < word!.width; i++) {
        const mean = inside.reduce((sum, t) => sum + token!.values[t * token!.width + i]!, 0) / inside.length
        await expect(word!.values[index * word!.width + i]!).toBeCloseTo(mean, 5)
      }
    }
    encoder.dispose()
  })

  test("Parquet goes out in row groups", async () => {
    using dir = tempDir()
    const vector = { text: "a", ids: new Int32Array(), offsets: [], width: 2, pooling: "mean", windows: 1 } as const
    async function* many(): AsyncGenerator<EncodedText> {
      for (let i = 0; i < 25_000; i++) yield { ...vector, values: Float32Array.of(i, -i) }
    }
    expect(await writeVectors(dir.file("v.parquet"), many(), { pooling: "mean" })).toBe(25_000)
    const file = await asyncBufferFromFile(dir.file("v.parquet"))
    const groups = (await parquetMetadataAsync(file)).row_groups.map(({ num_rows }) => Number(num_rows))
    expect(groups).toEqual([10_000, 10_000, 5000])
    const rows = await parquetReadObjects({ file, rowStart: 19_999, rowEnd: 20_001 })
    expect(rows).toEqual([
      { id: "19999", text: "a", vector: [19_999, -19_999] },
      { id: "20000", text: "a", vector: [20_000, -20_000] }
    ])
  })

  test("leaves nothing behind where it fails", async () => {
    using dir = tempDir()
    const encoder = tiny()
    const write = (name: string, options = {}) => writeVectors(dir.file(name), encode(encoder, ["a"]), options)
    await expect(write("v.csv")).rejects.toThrow(/v\.csv.*neither.*\.jsonl or \.parquet/)
    await expect(write("v.parquet", { pooling: "mean" })).rejects.toThrow('"pooling": is "mean"')
    const broken = encode(encoder, ["a", "b\ud800"])
    await expect(writeVectors(dir.file("v.parquet"), broken)).rejects.toThrow("text 2 has a lone surrogate")
    const aborted = encode(encoder, texts, { signal: AbortSignal.abort(new Error("enough")) })
    await expect(writeVectors(dir.file("v.jsonl"), aborted)).rejects.toThrow("enough")
    expect(await readdir(dir.path)).toEqual([])
    encoder.dispose()
  })
})
