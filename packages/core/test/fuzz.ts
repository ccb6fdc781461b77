import { existsSync } from "node:fs"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Format, formats, InputError, openData, type Rng, rng } from "../src/index.ts"
import { randomDocuments } from "./documents.ts"

const fixtures = join(import.meta.dir, "fixtures/formats")

/** Files of a format to mutate: what it writes, and fixtures of what it only reads. */
const seedsOf = async (format: Format, folder: string): Promise<Array<Uint8Array>> => {
  const found: Array<Uint8Array> = []
  const samples: Record<string, ReadonlyArray<string>> = {
    argilla: ["argilla.json"],
    pubtator: ["pubtator.txt"],
    webanno: ["webanno.tsv"],
    tagged: ["muc.sgml"],
    bigbio: ["bigbio.json"],
    dygie: ["dygie.jsonl"],
    opennlp: ["opennlp.train"],
    "bioc-xml": ["bioc.xml"],
    "bioc-json": ["bioc.json"],
    "label-studio": ["label-studio-min.json", "label-studio-old.json"],
    prodigy: ["prodigy.jsonl"],
    "spacy-json": ["spacy-doc.json", "spacy-2.json", "spacy-annotator.json"],
    brat: ["brat/news.ann"]
  }
  for (const file of samples[format.name] ?? []) found.push(await readFile(join(fixtures, file)))
  if (format.write !== undefined && format.name !== "brat") {
    for (let seed = 0; seed < 5; seed++) {
      const path = join(folder, `seed-${seed}.${format.endings?.[0] ?? "json"}`)
      const documents = randomDocuments(seed, format.flat === true)
      await format.write(
        path,
        (async function* () {
          yield* documents
        })(),
        {}
      )
      found.push(await readFile(path))
    }
  }
  return found.length > 0 ? found : [new TextEncoder().encode("A text.\n\nAnother, longer one 👞.\n")]
}

/** What means something in one format or another. */
const tokens = [
  ..."{ } [ ] , : \" ' \\ null true 0 -1 1e9 99999999999999999999 0.5 \t \n \r \r\n\r\n <> < </document> </s> <END> & ]]> | ; # O B- I- ( * ) _".split(
    " "
  ),
  " ",
  "\u0000",
  "\ufeff",
  "👞",
  '"start":',
  "-DOCSTART-",
  "T1\t",
  "|t|"
].map((token) => new TextEncoder().encode(token))

const mutate = (bytes: Uint8Array, random: Rng): Uint8Array => {
  let all = bytes
  for (let n = 1 + random.int(4); n > 0; n--) {
    const at = random.int(all.length + 1)
    const length = random.int(Math.min(40, all.length - at) + 1)
    const there = all.subarray(0, at)
    const behind = all.subarray(at)
    switch (random.int(6)) {
      case 0: // another byte
        all = Buffer.concat([there, Uint8Array.of(random.int(256)), behind.subarray(1)])
        break
      case 1: // a piece less
        all = Buffer.concat([there, behind.subarray(length)])
        break
      case 2: // a piece twice
        all = Buffer.concat([there, behind.subarray(0, length), behind])
        break
      case 3: // a piece elsewhere
        all = Buffer.concat([behind, there])
        break
      case 4: // cut off
        all = there
        break
      default:
        all = Buffer.concat([there, tokens[random.int(tokens.length)]!, behind])
    }
  }
  return all
}

export interface FuzzCounts {
  readonly refused: number
  readonly read: number
}

/**
 * Reads `count` mutated files of a format. Each is refused by an InputError that names the file, or read with a report that says how many
 * documents were given.
 *
 * @throws Error naming the seed of the first file that does anything else
 */
export const fuzz = async (format: Format, count: number, folder: string): Promise<FuzzCounts> => {
  await mkdir(folder, { recursive: true })
  const seeds = await seedsOf(format, folder)
  let refused = 0
  for (let seed = 0; seed < count; seed++) {
    const random = rng(seed)
    const bytes = mutate(seeds[random.int(seeds.length)]!, random)
    const path = join(folder, format.name === "brat" ? "fuzz.ann" : "fuzz.data")
    await writeFile(path, bytes)
    if (format.name === "brat" && !existsSync(join(folder, "fuzz.txt"))) {
      await copyFile(join(fixtures, "brat/news.txt"), join(folder, "fuzz.txt"))
    }
    try {
      const { documents, report } = await openData(path, {
        ...(random.int(2) === 0 ? {} : { format: format.name }),
        malformed: random.int(2) === 0 ? "skip" : "fail",
        onCut: random.int(2) === 0 ? "expand" : "fail",
        overlap: random.int(2) === 0 ? "keep" : "fail",
        allowEmpty: true
      })
      let given = 0
      let entities = 0
      for await (const document of documents) {
        given++
        entities += document.entities?.length ?? 0
        const places = document.text === undefined ? document.words!.length : document.text.length
        for (const { end, start } of document.entities ?? []) {
          if (!(start >= 0 && start < end && end <= places)) throw new Error(`span ${start}..${end} of ${places}`)
        }
      }
      const counted = [...report.entities.values()].reduce((sum, n) => sum + n, 0)
      if (given !== report.documents || entities !== counted)
        throw new Error(`${given} given, ${report.documents} counted`)
    } catch (error) {
      if (!(error instanceof InputError) || !error.source.includes("fuzz")) {
        throw new Error(`${format.name}, file ${seed}: ${error}`, { cause: error })
      }
      refused++
    }
  }
  return { refused, read: count - refused }
}

if (import.meta.main) {
  const [only, count = "10000"] = process.argv.slice(2)
  const folder = join(process.env.TMPDIR ?? "/tmp", `nuner-fuzz-${process.pid}`)
  for (const format of formats.filter(({ name }) => only === undefined || only === "all" || name === only)) {
    const { read, refused } = await fuzz(format, Number(count), join(folder, format.name))
    console.log(`${format.name}: ${count} files, ${read} read, ${refused} refused`)
  }
}
