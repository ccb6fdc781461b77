import { expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import { intake } from "../src/inputs/intake.ts"
import { predicted, textsOf } from "../src/inputs/texts.ts"

const bronte = "Zo&euml; Bront&euml;"

test.each([
  ["page.html", `<!doctype html><p>Met <b>${bronte}</b></p>`, bronte],
  ["notes.md", `# Met *${bronte}*\n`, bronte],
  ["page with a mark.html", `\ufeff<!doctype html><p>Met <b>${bronte}</b></p>`, bronte],
  ["notes with a mark.md", `\ufeff# Met *${bronte}*\n`, bronte],
  ["text.txt", "Here.\r\nMet Zoë Brontë.\r\n", "Zoë Brontë"],
  ["text with a mark.txt", "\ufeffMet Zoë Brontë.\n", "Zoë Brontë"],
  ["lines with a mark.txt", "\ufeff\r\nHere.\r\nMet Zoë Brontë.\r\n", "Zoë Brontë"]
])(
  "what is found in %s stands in the file, references and all, behind its byte order mark",
  async (name, content, written) => {
    using folder = tempDir()
    writeFileSync(folder.file(name), content)
    const read = (await Array.fromAsync(textsOf([folder.file(name)], intake()))).at(-1)
    const start = read!.text.indexOf("Zoë Brontë")
    const [found] = predicted(read!, [{ start, end: start + 10 }]).entities
    expect(content.replace(/^\ufeff/, "").slice(found!.document!.start, found!.document!.end)).toBe(written)
  }
)
