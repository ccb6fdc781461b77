import { expect, test } from "bun:test"
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, OptionError, type Rng, rng } from "@nuner/core"
import { EngineError, SafetensorsError, tf, useEngine } from "@nuner/engine"
import { tempDir } from "@nuner/testing"
import { loadEncoder } from "../src/index.ts"

/** A fast subset in CI; NUNER_FUZZ=10000 for all. */
const rounds = Number(process.env.NUNER_FUZZ ?? 400)

type Corruption = (bytes: Uint8Array, random: Rng) => Uint8Array

const flips: Corruption = (bytes, random) => {
  for (let i = 0; i <= random.int(4); i++) {
    const at = random.int(bytes.length)
    bytes[at] = bytes[at]! ^ (1 << random.int(8))
  }
  return bytes
}
/** Damage where the structure is. */
const headFlips: Corruption = (bytes, random) => {
  flips(bytes.subarray(0, Math.min(bytes.length, 600)), random)
  return bytes
}
const truncation: Corruption = (bytes, random) => bytes.slice(0, random.int(bytes.length))
const appended: Corruption = (bytes, random) =>
  Uint8Array.of(...bytes, ...Array.from({ length: 1 + random.int(64) }, () => random.int(256)))
const zeros: Corruption = (bytes, random) => bytes.fill(0, random.int(bytes.length))
/** A header that says it is longer than the file, up to 2^64. */
const hugeHeader: Corruption = (bytes, random) => {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(
    0,
    BigInt(random.int(2 ** 32)) << BigInt(random.int(32)),
    true
  )
  return bytes
}
/** A number in the text becomes a large, negative, fractional or absurd one. */
const numbers: Corruption = (bytes, random) => {
  const text = new TextDecoder("latin1").decode(bytes)
  const places = [...text.slice(0, 20_000).matchAll(/\d+/g)]
  const place = places[random.int(Math.max(1, places.length))]
  if (place === undefined) return bytes
  const lies = ["99999999999", "-1", "1e308", "2147483648", "0.5", "0", "null", '"7"', "[1]", "4294967295", "1e999"]
  const lie = lies[random.int(lies.length)]!
  return Buffer.from(text.slice(0, place.index) + lie + text.slice(place.index + place[0].length), "latin1")
}
/** A piece of the text goes missing or stands twice. */
const pieces: Corruption = (bytes, random) => {
  const [from, length] = [random.int(bytes.length), 1 + random.int(40)]
  const piece = bytes.slice(from, from + length)
  const rest = random.int(2) === 0 ? [] : [...piece, ...piece]
  return Uint8Array.of(...bytes.slice(0, from), ...rest, ...bytes.slice(from + length))
}

const targets: ReadonlyArray<readonly [string, ReadonlyArray<Corruption>]> = [
  ["model.safetensors", [flips, headFlips, truncation, appended, zeros, hugeHeader, numbers]],
  ["config.json", [flips, truncation, appended, zeros, numbers, pieces]],
  ["tokenizer.json", [flips, truncation, appended, zeros, numbers, pieces]]
]

test(`${rounds} damaged files: a typed error of one line, or a model; nothing left behind, no memory beyond the file's`, async () => {
  await useEngine()
  const random = rng(7)
  for (const name of ["roberta", "bert-token-classification"]) {
    using dir = tempDir()
    const source = join(import.meta.dir, "fixtures", name)
    await cp(source, dir.path, { recursive: true })
    ;(await loadEncoder(dir.path)).dispose()
    const originals = new Map<string, Uint8Array>()
    for (const [file] of targets) originals.set(file, new Uint8Array(await readFile(join(source, file))))
    const tensors = tf.memory().numTensors
    const memory = process.memoryUsage.rss()
    let refused = 0
    for (let round = 0; round < rounds / 2; round++) {
      const [file, corruptions] = targets[round % targets.length]!
      const corruption = corruptions[random.int(corruptions.length)]!
      await writeFile(join(dir.path, file), corruption(originals.get(file)!.slice(), random))
      try {
        const encoder = await loadEncoder(dir.path)
        await encoder.tokenizer.encode("Marie Curie 🥐").catch((error: unknown) => expect(error).toBeInstanceOf(Error))
        encoder.dispose()
      } catch (error) {
        refused++
        const known = [InputError, OptionError, SafetensorsError, EngineError].some((kind) => error instanceof kind)
        if (!known || (error as Error).message.includes("\n")) {
          throw new Error(`${name}/${file}, ${corruption.name}, round ${round}: ${(error as Error).stack}`)
        }
      }
      await writeFile(join(dir.path, file), originals.get(file)!)
    }
    expect(tf.memory().numTensors).toBe(tensors)
    expect(refused).toBeGreaterThan(rounds / 6)
    expect(process.memoryUsage.rss() - memory).toBeLessThan(512 * 2 ** 20)
  }
}, 600_000)
