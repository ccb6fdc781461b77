/** `bun scripts/options.ts`: writes the tables of options into the READMEs, and the schema of `nuner.config.json`, from the options' schemas. */
import { writeFileSync } from "node:fs"
import { fileAsItIs, optionFiles, pathOf } from "./lib/optionTables.ts"

for (const [path, text] of await optionFiles()) {
  if (!(await Bun.file(pathOf(path)).exists()) || fileAsItIs(path) !== text) {
    writeFileSync(pathOf(path), text)
    console.log(`${path} written`)
  }
}
process.exit(0)
