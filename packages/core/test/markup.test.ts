import { expect, test } from "bun:test"
import { type Document, openData } from "../src/index.ts"

const read = async (name: string, text: string): Promise<{ format: string; documents: Array<Document> }> => {
  const { documents, format } = await openData({ name, text })
  return { format: format.name, documents: await Array.fromAsync(documents) }
}

const page = `<!doctype html>
<html><head><title>R&amp;D &mdash; news</title><style>p { color: red }</style></head>
<body><h1>Ada <b>Love</b>lace</h1>
<script>const p = "<p>no text</p>"</script>
<p class="a > b">She met
  Charles&nbsp;Babbage<br>in <a href="https://example.org/?a=1&b=2">London</a>. 😀</p><ul><li>one<li>two &lt;3</ul></body></html>
`
const notes = `# Ada *Love*lace

She met **Charles
Babbage** in [London](https://example.org "Home of \\"it\\""), at 5 &lt; 6 \\* 7.

> Quoted
> *twice* 😀

- one \`two\`
- ![a picture](x.png) three

\`\`\`
no text
\`\`\`

<div>nor this</div>
`

test("HTML: a paragraph a document, without tags, scripts and styles; characters that are written as references are read", async () => {
  const { documents, format } = await read("page.html", page)
  expect(format).toBe("html")
  expect(documents.map(({ text }) => text!)).toEqual([
    "R&D — news",
    "Ada Lovelace",
    "She met Charles Babbage",
    "in London. 😀",
    "one",
    "two <3"
  ])
  expect(documents.map(({ line }) => line)).toEqual([2, 3, 5, 6, 6, 6])
})

test("Markdown: paragraphs, headings and items without their marks; code blocks and HTML are left out", async () => {
  const { documents, format } = await read("notes.md", notes)
  expect(format).toBe("markdown")
  expect(documents.map(({ text }) => text!)).toEqual([
    "Ada Lovelace",
    "She met Charles Babbage in London, at 5 < 6 * 7.",
    "Quoted twice 😀",
    "one two",
    "three"
  ])
})

test.each([
  ["page.html", page],
  ["notes.md", notes]
])("%s: every character stands in the file where it says, in order", async (name, source) => {
  const { documents } = await read(name, source)
  let last = -1
  for (const { places, text } of documents) {
    const { ends, starts } = places!
    expect([starts.length, ends.length]).toEqual([text!.length, text!.length])
    for (let i = 0; i < text!.length; i++) {
      const [place, unit, written] = [starts[i]!, text![i]!, source.slice(starts[i], ends[i])]
      expect(place).toBeGreaterThan(last)
      last = place
      if (unit !== " ") expect(written === unit || /^&[^;]+;$/.test(written)).toBe(true)
      else expect(written).toMatch(/^(\s|&nbsp;|\\\n)$/)
    }
  }
})

test("a text that only looks like one of them is text; bytes that are no UTF-8 are refused", async () => {
  expect((await read("a.txt", "5 < 6 and <b>bold</b>\n")).format).toBe("text")
  expect((await read("a.txt", notes)).format).toBe("text")
  const bytes = [new TextEncoder().encode("<!doctype html><p>"), new Uint8Array([0xc3, 0x28])]
  const { documents } = await openData({ name: "page.html", text: bytes })
  await expect(Array.fromAsync(documents)).rejects.toThrow("is not UTF-8")
})
