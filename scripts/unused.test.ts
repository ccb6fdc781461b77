import { expect, test } from "bun:test"
import { join } from "node:path"
import { Glob } from "bun"

const root = join(import.meta.dir, "..")
const scan = async (pattern: string): Promise<Map<string, string>> => {
  const files = [...new Glob(pattern).scanSync({ cwd: root })].filter((file) => !/node_modules|\/dist\//.test(file))
  return new Map(await Promise.all(files.map(async (file) => [file, await Bun.file(join(root, file)).text()] as const)))
}

/** The names that a file takes from others: `import { a, type b } from "..."`, `export { c } from "..."`, `const { d } = await import("...")`. */
const takenBy = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\{([^{}]*)\}\s*(?:from\s*"|=\s*\(?await import\()/g)].flatMap(
    ([, names]) => names!.match(/[A-Za-z_$][\w$]*/g) ?? []
  )

test("a value that a file exports somebody else takes", async () => {
  const sources = await scan("packages/*/src/**/*.{ts,tsx}")
  const others = await Promise.all(
    ["{benchmarks,book,examples,scripts}/**/*.ts", "packages/*/test/**/*.{ts,tsx}"].map(scan)
  )
  const taken = new Set([sources, ...others].flatMap((files) => [...files.values()].flatMap(takenBy)))
  const unused = [...sources].flatMap(([file, text]) =>
    // What the one file of a package exports is the package's.
    file.endsWith("/src/index.ts")
      ? []
      : Array.from(text.matchAll(/^export (?:async )?(?:const|function\*?|class) ([\w$]+)/gm), ([, name]) => name!)
          .filter((name) => !taken.has(name))
          .map((name) => `${file}: ${name}`)
  )
  expect(unused).toEqual([])
})
