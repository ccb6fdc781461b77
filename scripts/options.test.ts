import { expect, test } from "bun:test"
import { fileAsItIs, optionFiles } from "./lib/optionTables.ts"

const files = await optionFiles()

test.each([...files.keys()])("%s says of options what their schemas say (bun scripts/options.ts writes it)", (path) => {
  expect(fileAsItIs(path)).toBe(files.get(path)!)
})
