import { chmod, mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { $ } from "bun"

/** A fenced block of a Markdown text. */
export interface Block {
  /** "sh", "ts", "text", "csv", ... */
  readonly language: string
  /** A file to write before what follows: the second word behind the fence. */
  readonly file: string | undefined
  readonly text: string
}

export const blocksOf = (markdown: string): ReadonlyArray<Block> =>
  [...markdown.matchAll(/^```(\w+)(?: +(\S+))?\n([\s\S]*?)^```$/gm)].map(([, language = "", file, text = ""]) => ({
    language,
    file,
    text
  }))

/** Something that a recipe does, and what it says that comes out of it. */
interface Step {
  readonly command: string
  readonly expected: string | undefined
}

/**
 * Does what a recipe says, block by block, in one shell: a block with a file's name is written there, `sh` is typed, `ts` is run, and `text` is what the block before
 * it prints. What is printed may hold more lines; `...` stands for anything within a line. Blocks of other languages are there to be read. What was started in the
 * background ends with the recipe.
 *
 * @param folder is made, and removed at the end; packages are found from there
 * @param nuner the command line's entry
 * @returns what went wrong, nothing where all is as the recipe says
 */
export const runRecipe = async (markdown: string, folder: string, nuner: string): Promise<string | undefined> => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, ".steps"), { recursive: true })
  const steps: Array<Step> = []
  for (const { file, language, text } of blocksOf(markdown)) {
    const last = steps.at(-1)
    if (file !== undefined)
      steps.push({ command: `cp ${await kept(folder, steps.length, text)} ${file}`, expected: undefined })
    else if (language === "sh") steps.push({ command: text, expected: undefined })
    else if (language === "ts")
      steps.push({ command: `bun ${await kept(folder, steps.length, text)}`, expected: undefined })
    else if (language === "text" && last !== undefined) steps.push({ ...steps.pop()!, expected: text })
  }
  const script = [
    "set -e",
    "trap 'kill $(jobs -p) 2>/dev/null && wait || true' EXIT",
    'export PATH="$PWD/.steps:$PATH"',
    ...steps.map(({ command }, i) => `{\n${command}\n} > .steps/${i}.out 2>&1`)
  ]
  await Bun.write(join(folder, ".steps/all.sh"), script.join("\n"))
  // No function: in the background its shell would be ended, and not the command.
  await Bun.write(join(folder, ".steps/nuner"), `#!/bin/sh\nexec bun ${nuner} "$@"\n`)
  await chmod(join(folder, ".steps/nuner"), 0o755)
  const { exitCode } = await $`bash .steps/all.sh`.cwd(folder).nothrow().quiet()
  const outputs = await Promise.all(
    steps.map((_, i) =>
      Bun.file(join(folder, `.steps/${i}.out`))
        .text()
        .catch(() => undefined)
    )
  )
  const at = outputs.findLastIndex((output) => output !== undefined)
  const wrong =
    exitCode === 0
      ? steps.flatMap(({ command, expected = "" }, i) =>
          missing(expected, outputs[i]!).map((line) => `${command.trim()}\nprints no line\n${line}\nbut\n${outputs[i]}`)
        )
      : [`exit ${exitCode} after\n${steps[at]?.command}\n${outputs[at]}`]
  if (wrong.length === 0) await rm(folder, { recursive: true, force: true })
  return wrong[0]
}

/** A block as a file beside the outputs. */
const kept = async (folder: string, step: number, text: string): Promise<string> => {
  await Bun.write(join(folder, `.steps/${step}.ts`), text)
  return `.steps/${step}.ts`
}

/** Expected lines that are not printed, in their order. */
const missing = (expected: string, output: string): ReadonlyArray<string> => {
  const printed = output.split("\n")
  let from = 0
  return expected.split("\n").filter((line) => {
    const found = printed.findIndex((other, i) => i >= from && matches(line, other))
    if (found < 0) return line.trim() !== ""
    from = found + 1
    return false
  })
}

const matches = (pattern: string, line: string): boolean =>
  new RegExp(`^${pattern.trim().split("...").map(RegExp.escape).join(".*")}$`).test(line.trim())
