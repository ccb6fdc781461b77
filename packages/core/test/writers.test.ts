import { expect, test } from "bun:test"
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { constants, gunzipSync } from "node:zlib"
import { tempDir } from "@nuner/testing"
import {
  complete,
  digestFile,
  LineLog,
  type Manifest,
  openJsonl,
  readManifest,
  writeJson,
  writeJsonl,
  writeManifest
} from "../src/index.ts"
import { failure } from "./collect.ts"

test("JSON and JSONL are written whole, into folders that need not be there", async () => {
  using dir = tempDir()
  await writeJson(dir.file("a/b.json"), { x: "é😀" })
  expect(JSON.parse(readFileSync(dir.file("a/b.json"), "utf8"))).toEqual({ x: "é😀" })
  const rows = Array.from({ length: 5000 }, (_, n) => ({ n, text: "😀\n\u2028".repeat(n % 50) }))
  expect(await writeJsonl(dir.file("rows.jsonl"), rows)).toBe(5000)
  expect(
    readFileSync(dir.file("rows.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
  ).toEqual(rows)
  expect(await writeJsonl(dir.file("none.jsonl"), [])).toBe(0)
  expect(readdirSync(dir.path).toSorted()).toEqual(["a", "none.jsonl", "rows.jsonl"])
})

test("rows that fail half-way leave the old file whole and nothing beside it", async () => {
  async function* rows() {
    yield* Array(10_000).fill("row")
    throw new Error("gone")
  }
  for (const name of ["rows.jsonl", "rows.jsonl.gz"]) {
    using dir = tempDir()
    const path = dir.file(name)
    writeFileSync(path, "old")
    expect(await failure(writeJsonl(path, rows()))).toContain("gone")
    expect(readFileSync(path, "utf8")).toBe("old")
    expect(readdirSync(dir.path)).toEqual([name])
  }
})

test("a file of rows can be read while it grows, stays when it is given up, and gets its name at the end", async () => {
  for (const name of ["rows.jsonl", "rows.jsonl.gz"]) {
    using dir = tempDir()
    const path = dir.file(name)
    writeFileSync(path, "old")
    const partial = () => {
      const bytes = readFileSync(`${path}.partial`)
      return name.endsWith(".gz") ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes
    }
    const file = openJsonl(path)
    await file.write([{ n: 1 }, { n: 2 }])
    expect(partial().toString()).toBe('{"n":1}\n{"n":2}\n')
    await file.abandon()
    expect(partial().toString()).toBe('{"n":1}\n{"n":2}\n')
    const again = openJsonl(path)
    await again.write([{ n: 3 }])
    expect(readFileSync(path, "utf8")).toBe("old")
    await again.write([])
    await again.commit()
    const bytes = readFileSync(path)
    expect((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()).toBe('{"n":3}\n')
    expect(readdirSync(dir.path)).toEqual([name])
  }
})

test("a file that may not grow further is an OutputError, and the old one is intact", async () => {
  using dir = tempDir()
  const path = dir.file("rows.jsonl")
  writeFileSync(path, "old")
  const program = `
    import { writeJsonl } from ${JSON.stringify(`${import.meta.dir}/../src/files/writers.ts`)}
    await writeJsonl(${JSON.stringify(path)}, Array(200_000).fill("0123456789")).catch((error) => console.log(error._tag + ": " + error.message))
  `
  // A limit of 64 blocks of 1,024 bytes; the signal that goes with it is ignored so that write itself fails.
  const child = Bun.spawnSync([
    "bash",
    "-c",
    `trap "" XFSZ; ulimit -f 64; exec "$0" -e "$1"`,
    process.execPath,
    program
  ])
  expect(child.stdout.toString()).toContain(`OutputError: ${path}: the file grew over the allowed size (`)
  expect(readFileSync(path, "utf8")).toBe("old")
  expect(readdirSync(dir.path)).toEqual(["rows.jsonl"])
})

test("lines: each is there when it was appended, a cut one goes, and where one fails the file is as it was", () => {
  using dir = tempDir()
  const path = dir.file("new/lines.jsonl")
  const log = LineLog.open(path)
  log.append("first")
  log.append("zwölf 😀")
  expect(readFileSync(path, "utf8")).toBe("first\nzwölf 😀\n")
  // More than is looked at in one go.
  for (const cut of ["c", "c".repeat(200_000)]) {
    appendFileSync(path, cut)
    LineLog.open(path).append("third")
  }
  expect(readFileSync(path, "utf8")).toBe("first\nzwölf 😀\nthird\nthird\n")
  writeFileSync(path, "no end")
  LineLog.open(path)
  expect(readFileSync(path, "utf8")).toBe("")
  expect(() => LineLog.open(dir.file("lines.jsonl.gz"))).toThrow("not written as gzip")

  const program = `
    import { LineLog } from ${JSON.stringify(`${import.meta.dir}/../src/files/LineLog.ts`)}
    const log = LineLog.open(${JSON.stringify(path)})
    for (let i = 0; i < 3; i++) try { log.append("x".repeat(400)) } catch (error) { console.log(error._tag + ": " + error.message) }
  `
  const child = Bun.spawnSync(["bash", "-c", `trap "" XFSZ; ulimit -f 1; exec "$0" -e "$1"`, process.execPath, program])
  expect(child.stdout.toString()).toStartWith(`OutputError: ${path}: the file grew over the allowed size (`)
  expect(readFileSync(path, "utf8")).toBe(`${"x".repeat(400)}\n`.repeat(2))
})

test("what cannot be written says why", async () => {
  using dir = tempDir()
  mkdirSync(dir.file("folder"))
  writeFileSync(dir.file("file"), "")
  expect(await failure(writeJson(dir.file("folder"), 1))).toMatch(/OutputError: .*folder: is a folder \(name a file\)/)
  expect(await failure(writeJson(dir.file("file/x.json"), 1))).toMatch(
    /OutputError: .*x.json: a part of the path is a file/
  )
  // As /dev/null and /dev/stdout are, which root would lose.
  Bun.spawnSync(["mkfifo", dir.file("pipe")])
  symlinkSync("/proc/self/fd/1", dir.file("stdout"))
  for (const name of ["pipe", "stdout"]) {
    expect(await failure(writeJson(dir.file(name), 1))).toContain(`${name}: is a device or a pipe (name a file)`)
  }
  expect(readdirSync(dir.path).toSorted()).toEqual(["file", "folder", "pipe", "stdout"])
})

test("a file that others may not read stays so when it is written anew", async () => {
  using dir = tempDir()
  const path = dir.file("answers.json")
  await writeJson(path, 1)
  chmodSync(path, 0o600)
  await writeJson(path, 2)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

const manifest: Manifest = {
  stage: "align",
  version: "0.1.0",
  settings: { policy: "all", nested: { deep: [1, null] } },
  seeds: { shuffle: 7 },
  inputs: [],
  counts: { annotations: { in: 10, out: 7, dropped: { unaligned: 2, empty: 1 } } },
  completion: complete,
  artefacts: []
}

test("a manifest that balances is written and read back, with the digests of its files", async () => {
  using dir = tempDir()
  writeFileSync(dir.file("abc"), "abc")
  const digest = await digestFile(dir.file("abc"))
  // FIPS 180-2, appendix B.1.
  expect(digest.sha256).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  const whole = { ...manifest, inputs: [digest] }
  await writeManifest(dir.file("m.json"), whole)
  expect(await readManifest(dir.file("m.json"))).toEqual(whole)
  expect(await failure(digestFile(dir.file("none")))).toContain("no such file")
})

test("a manifest that does not balance is neither written nor read", async () => {
  using dir = tempDir()
  const lossy = { ...manifest, counts: { annotations: { in: 10, out: 7, dropped: { unaligned: 2 } } } }
  const said =
    "align: the counts of annotations do not balance: 10 in, 7 out, 2 dropped (unaligned 2), 1 unaccounted for"
  expect(await failure(writeManifest(dir.file("m.json"), lossy))).toBe(`BalanceError: ${said}`)
  expect(readdirSync(dir.path)).toEqual([])
  writeFileSync(dir.file("m.json"), JSON.stringify(lossy))
  expect(await failure(readManifest(dir.file("m.json")))).toContain(said)
  writeFileSync(dir.file("m.json"), "{")
  expect(await failure(readManifest(dir.file("m.json")))).toContain("not JSON")
  writeFileSync(dir.file("m.json"), JSON.stringify({ ...manifest, seeds: undefined }))
  expect(await failure(readManifest(dir.file("m.json")))).toContain("seeds:")
})
