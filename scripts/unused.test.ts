import { expect, test } from "bun:test"
import { join } from "node:path"
import { Glob } from "bun"

const root = join(import.meta.dir, "..")
const scan = async (pattern: string): Promise<Map<string, string>> => {
  const files = [...new Glob(pattern).scanSync({ cwd: root })].filter((file) => !/node_modules|\/dist\//.test(file))
  return new Map(await Promise.all(files.map(async (file) => [file, await Bun.file(join(root, file)).text()] as const)))
}

test("a value that a file exports somebody else names", async () => {
  const sources = await scan("packages/*/src/**/*.{ts,tsx}")
  const others = await Promise.all(
    ["{benchmarks,book,examples,scripts}/**/*.ts", "packages/*/test/**/*.{ts,tsx}"].map(scan)
  )
  /** By name, the files that speak of it. */
  const users = new Map<string, Set<string>>()
  for (const [file, text] of [sources, ...others].flatMap((files) => [...files])) {
    for (const [name] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
      const files = users.get(name) ?? new Set()
      users.set(name, files.add(file))
    }
  }
  const unused = [...sources].flatMap(([file, text]) =>
    Array.from(text.matchAll(/^export (?:async )?(?:const|function\*?|class) ([\w$]+)/gm), ([, name]) => name!)
      .filter((name) => users.get(name)!.size === 1)
      .map((name) => `${file}: ${name}`)
  )
  expect(unused).toEqual([])
})
