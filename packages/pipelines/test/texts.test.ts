import { expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import { intake } from "../src/inputs/intake.ts"
import { predicted, textsOf } from "../src/inputs/texts.ts"

test.each([
  ["page.html", "<!doctype html><p>Met <b>Zo&euml; Bront&euml;</b></p>", "Zo&euml; Bront&euml;"],
  ["notes.md", "# Met *Zo&euml; Bront&euml;*\n", "Zo&euml; Bront&euml;"]
])("what is found in %s stands in the file, references and all", async (name, content, written) => {
  using folder = tempDir()
  writeFileSync(folder.file(name), content)
  const [read] = await Array.fromAsync(textsOf([folder.file(name)], intake()))
  const start = read!.text.indexOf("Zoë Brontë")
  const [found] = predicted(read!, [{ start, end: start + 10 }]).entities
  expect(content.slice(found!.document!.start, found!.document!.end)).toBe(written)
})
