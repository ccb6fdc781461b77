import { expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { declarationsOf } from "../declarations.ts"
import { docMarkdown } from "../pages/api.ts"

const repository = resolve(import.meta.dir, "../..")

test("the API shows declarations without bodies, private members left out, types and values of a name together", () => {
  const of = (room: string, name: string) =>
    declarationsOf(repository, `packages/${room}/src/index.ts`).find((one) => one.name === name)!
  expect(of("aligner", "align").signature).toBe(
    "const align = (sentence: AnnotatedSentence, options: AlignOptions = {}): AlignedSentence"
  )
  const { doc, file, signature } = of("encoder", "Tokenizer")
  expect(file).toBe("packages/encoder/src/tokenizer/Tokenizer.ts")
  expect(doc).toStartWith("A Hugging Face tokenizer")
  expect(signature).toContain("async encode(text: string): Promise<Encoding>\n")
  expect(signature).not.toMatch(/^\s*(#|private)/m)
  expect(of("core", "Mention").signature).toMatch(/^const Mention = Schema\.Struct[\s\S]*interface Mention/)
  expect(docMarkdown("Reads `Array<x>` of a <b>.\n\n@param text a text\n@throws InputError where it is broken")).toBe(
    "Reads `Array<x>` of a &lt;b>.\n\n- `text`: a text\n- throws `InputError` where it is broken"
  )
})

test("every function, class and table that a package exports says what it is", () => {
  const packages = readdirSync(join(repository, "packages")).filter((room) => room !== "testing")
  const silent = packages.flatMap((room) =>
    declarationsOf(repository, `packages/${room}/src/index.ts`)
      .filter(({ doc, signature }) => doc === "" && /^(const|class|function) /.test(signature))
      .map(({ file, name }) => `${file}: ${name}`)
  )
  expect(silent).toEqual([])
})
