import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { tempDir } from "../packages/testing/src/index.ts"
import { runRecipe } from "./lib/recipe.ts"

const fence = "```"
const block = (head: string, text: string): string => `${fence}${head}\n${text}\n${fence}\n`
const run = async (...blocks: ReadonlyArray<string>) => {
  using dir = tempDir()
  const folder = dir.file("recipe")
  await Bun.write(
    dir.file("cli.ts"),
    "console.log(process.pid, ...process.argv.slice(2)); setTimeout(() => {}, 60_000)"
  )
  const wrong = await runRecipe(["# A recipe", ...blocks].join("\n\nWords.\n\n"), folder, dir.file("cli.ts"))
  return { wrong, left: existsSync(folder) }
}

test("a recipe's files are written, its commands share one shell, its programs run, and what it says comes out", async () => {
  const done = await run(
    block("csv data.csv", "a,b"),
    block("sh", "NAME=Ada\nexport TOWN=Turin\nsleep 60 &\ncat data.csv"),
    block("text", "a,b"),
    block("sh", 'echo first\necho "hello $NAME, 12 ms"'),
    block("text", "hello Ada, ... ms"),
    block("ts", 'console.log(await Bun.file("data.csv").text(), process.env.TOWN)'),
    block("text", " Turin"),
    block("python", "this is only read")
  )
  expect(done).toEqual({ wrong: undefined, left: false })
})

test("a command that is left running ends with the recipe", async () => {
  using dir = tempDir()
  const pid = dir.file("pid")
  const steps = [`nuner serve > ${pid} &`, `until grep -q serve ${pid}; do sleep 0.1; done`].join("\n")
  expect(await run(block("sh", steps))).toEqual({ wrong: undefined, left: false })
  const [running] = readFileSync(pid, "utf8").split(" ")
  expect(() => process.kill(Number(running), 0)).toThrow()
})

test("a line that is not printed, and a command that fails, are told with what was printed", async () => {
  const missing = await run(block("sh", "echo one; echo two"), block("text", "two\none"))
  expect(missing.wrong).toBe("echo one; echo two\nprints no line\none\nbut\none\ntwo\n")
  const failed = await run(block("sh", "echo begun; false; echo never"), block("sh", "echo later"))
  expect(failed.wrong).toBe("exit 1 after\necho begun; false; echo never\n\nbegun\n")
})
