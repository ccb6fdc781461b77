import { expect, test } from "bun:test"
import { cp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, OptionError, type Rng, rng } from "@nuner/core"
import { EngineError, SafetensorsError, tf } from "@nuner/engine"
import { tempDir, testEngine } from "@nuner/testing"
import { loadEncoder, loadTokenClassifier } from "../src/index.ts"

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

/** A line goes, stands twice, or changes places with another. */
const lines: Corruption = (bytes, random) => {
  const all = new TextDecoder("latin1").decode(bytes).split("\n")
  const [at, other] = [random.int(all.length), random.int(all.length)]
  const [line, second] = [all[at]!, all[other]!]
  const kind = random.int(3)
  if (kind === 0) all.splice(at, 1)
  else if (kind === 1) all.splice(other, 0, line)
  else [all[at], all[other]] = [second, line]
  return Buffer.from(all.join("\n"), "latin1")
}

const binary = [flips, headFlips, truncation, appended, zeros, hugeHeader, numbers]
const json = [flips, truncation, appended, zeros, numbers, pieces]
const text = [flips, truncation, appended, zeros, numbers, pieces, lines]

/** A directory, and what is damaged in it. */
interface Case {
  readonly name: string
  readonly targets: ReadonlyArray<readonly [string, ReadonlyArray<Corruption>]>
  /** With its head: the labels are read too. */
  readonly head?: boolean
  /** Writes the tokenizer as older directories have it. */
  readonly prepare?: (directory: string) => Promise<void>
}

const readModel = async (directory: string) => {
  const path = join(directory, "tokenizer.json")
  const { model } = JSON.parse(await readFile(path, "utf8"))
  await rm(path)
  return model as { vocab: Record<string, number>; merges: Array<[string, string]> }
}

const cases: ReadonlyArray<Case> = [
  {
    name: "roberta",
    targets: [
      ["model.safetensors", binary],
      ["config.json", json],
      ["tokenizer.json", json]
    ]
  },
  {
    name: "bert-token-classification",
    head: true,
    targets: [
      ["model.safetensors", binary],
      ["config.json", json],
      ["tokenizer.json", json]
    ]
  },
  {
    name: "roberta-mlm-sharded",
    targets: [
      ["model.safetensors.index.json", json],
      ["model-00001-of-00002.safetensors", binary]
    ]
  },
  {
    name: "roberta",
    targets: [
      ["vocab.json", json],
      ["merges.txt", text],
      ["tokenizer_config.json", json]
    ],
    prepare: async (directory) => {
      const { merges, vocab } = await readModel(directory)
      await writeFile(join(directory, "vocab.json"), JSON.stringify(vocab))
      const pairs = merges.map((pair) => pair.join(" "))
      await writeFile(join(directory, "merges.txt"), ["#version: 0.2", ...pairs, ""].join("\n"))
    }
  },
  {
    name: "bert-token-classification",
    targets: [
      ["vocab.txt", text],
      ["tokenizer_config.json", json]
    ],
    prepare: async (directory) => {
      const { vocab } = await readModel(directory)
      const tokens = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!)
      await writeFile(join(directory, "vocab.txt"), `${tokens.join("\n")}\n`)
    }
  }
]

const known = [InputError, OptionError, SafetensorsError, EngineError]

for (const { head = false, name, prepare, targets } of cases) {
  const load = async (directory: string) => {
    if (!head) return loadEncoder(directory)
    const { dispose, encoder } = await loadTokenClassifier(directory)
    return { tokenizer: encoder.tokenizer, dispose }
  }
  const count = Math.ceil(rounds / cases.length)
  const title = `${name}, ${targets.map(([file]) => file).join(", ")}: ${count} damaged files`
  test(`${title} give a typed error of one line, or a model; nothing left behind, no memory beyond the file's`, async () => {
    await testEngine()
    const random = rng(`${name} ${targets[0]![0]}`)
    using dir = tempDir()
    await cp(join(import.meta.dir, "fixtures", name), dir.path, { recursive: true })
    await prepare?.(dir.path)
    ;(await load(dir.path)).dispose()
    const originals = new Map<string, Uint8Array>()
    for (const [file] of targets) originals.set(file, new Uint8Array(await readFile(join(dir.path, file))))
    const tensors = tf.memory().numTensors
    const memory = process.memoryUsage.rss()
    let refused = 0
    for (let round = 0; round < count; round++) {
      const [file, corruptions] = targets[round % targets.length]!
      const corruption = corruptions[random.int(corruptions.length)]!
      await writeFile(join(dir.path, file), corruption(originals.get(file)!.slice(), random))
      try {
        const encoder = await load(dir.path)
        await encoder.tokenizer.encode("Marie Curie 🥐").catch((error: unknown) => expect(error).toBeInstanceOf(Error))
        encoder.dispose()
      } catch (error) {
        refused++
        if (!known.some((kind) => error instanceof kind) || (error as Error).message.includes("\n")) {
          throw new Error(`${file}, ${corruption.name}, round ${round}: ${(error as Error).stack}`)
        }
      }
      await writeFile(join(dir.path, file), originals.get(file)!)
    }
    expect(tf.memory().numTensors).toBe(tensors)
    expect(refused).toBeGreaterThan(count / 8)
    expect(process.memoryUsage.rss() - memory).toBeLessThan(512 * 2 ** 20)
  }, 600_000)
}
