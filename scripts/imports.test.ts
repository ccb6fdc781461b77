import { expect, test } from "bun:test"
import { dirname, join } from "node:path"
import { Glob } from "bun"
import { rooms } from "./lib/rooms.ts"

const root = `${import.meta.dir}/..`
const transpiler = new Bun.Transpiler({ loader: "ts" })

/** Type-only imports are erased by the transpiler, so they are found in the text as well. */
const imports = (source: string): Array<string> => [
  ...transpiler.scanImports(source.replace(/^#!.*/, "")).map(({ path }) => path),
  ...[...source.matchAll(/\bfrom\s+["']([^"']+)["']/g)].map((match) => match[1]!)
]

const packageFolders = [...new Glob("packages/*/package.json").scanSync(root)].map((path) => path.split("/")[1]!)

test("every package has a row in the import table, and every row a package", () => {
  expect(packageFolders.toSorted()).toEqual(Object.keys(rooms).toSorted())
})

for (const room of packageFolders) {
  test(`${room} imports only the rooms in its row`, async () => {
    const allowed = new Set(rooms[room])
    const manifest = await Bun.file(`${root}/packages/${room}/package.json`).json()
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {})
    ])
    const strangers: Array<string> = []
    for (const path of new Glob("src/**/*.ts").scanSync(`${root}/packages/${room}`)) {
      for (const name of imports(await Bun.file(`${root}/packages/${room}/${path}`).text())) {
        const ours = /^@nuner\/([^/]+)/.exec(name)?.[1]
        if (ours !== undefined && ours !== room && !(allowed.has(ours) && declared.has(`@nuner/${ours}`))) {
          strangers.push(`${path} imports ${name}`)
        }
        if (name.startsWith("../../../") && !name.includes("fixtures")) strangers.push(`${path} reaches ${name}`)
      }
    }
    for (const name of declared) {
      const ours = /^@nuner\/(.+)$/.exec(name)?.[1]
      if (ours !== undefined && !allowed.has(ours)) strangers.push(`package.json declares ${name}`)
    }
    expect(strangers).toEqual([])
  })
}

/** What Node imports. */
const everywhere = [
  "core",
  "aligner",
  "sampler",
  "miner",
  "metrics",
  "mini",
  "mini-concepts",
  "engine",
  "encoder",
  "classifier"
]

/** What a file of ours imports, from packages, by way of other files of its own room; what it asks for later is not loaded. */
const reached = async (entry: string): Promise<Array<string>> => {
  const [seen, names] = [new Set<string>(), new Set<string>()]
  const open = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    for (const { kind, path: name } of transpiler.scanImports(await Bun.file(path).text())) {
      if (kind !== "import-statement") continue
      if (name.startsWith(".")) await open(join(dirname(path), name))
      else names.add(name)
    }
  }
  await open(join(root, "packages", entry))
  return [...names]
}

for (const room of everywhere) {
  test(`importing ${room} loads nothing that Bun alone has`, async () => {
    const names = await reached(`${room}/src/index.ts`)
    expect(names.filter((name) => name.startsWith("bun"))).toEqual([])
  })
}

for (const entry of new Glob("*/src/web.ts").scanSync(join(root, "packages"))) {
  test(`a browser's ${entry} loads nothing that Bun or Node alone has`, async () => {
    expect((await reached(entry)).filter((name) => /^(bun|node:)/.test(name))).toEqual([])
  })
}

test("the table has no cycle, so every package can be built after the ones it imports", () => {
  const before: Array<string> = []
  for (const [room, allowed] of Object.entries(rooms)) {
    expect(allowed.filter((other) => !before.includes(other))).toEqual([])
    before.push(room)
  }
})
