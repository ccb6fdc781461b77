import { test } from "bun:test"
import { dataDir } from "./dataDir.ts"

/** A test on real data, with a minute to run. Where the data is absent it is skipped, and its name says so. */
export const withData = (name: string, body: (directory: string) => void | Promise<void>): void => {
  const directory = dataDir()
  if (directory === undefined) test.skip(`${name} (skipped: no data; set NUNER_DATA)`, () => {})
  else test(name, () => body(directory), 60_000)
}
