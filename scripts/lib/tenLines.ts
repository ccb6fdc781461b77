/** The first program of the README, and what it says that it prints. */
export interface TenLines {
  readonly program: string
  readonly output: string
  /** The README with another output. */
  readonly with: (output: string) => string
}

/** @throws Error where the README does not begin with a program and its output */
export const tenLines = (readme: string): TenLines => {
  const [, before, program, between, output] =
    /^([\s\S]*?```ts\n)([\s\S]*?)(```\n[\s\S]*?```text\n)([\s\S]*?)```/.exec(readme) ?? []
  if (before === undefined) throw new Error("README.md: has no ts block with a text block, its output, behind it")
  const head = `${before}${program}${between}`
  return {
    ...{ program: program!, output: output! },
    with: (other) => `${head}${other}${readme.slice(head.length + output!.length)}`
  }
}
