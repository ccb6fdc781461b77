import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { formats } from "@nuner/core"
import { commandHelp } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import axe from "axe-core"
import { Effect } from "effect"
import { type Browser, chromium } from "playwright-core"
import { buildBook } from "../build.ts"
import { drawData } from "../pictures/draw.ts"
import { brokenLinks, renderPage } from "../renderPage.ts"

const repository = resolve(import.meta.dir, "../..")
const folder = tempDir()
const site = folder.file("site")
const read = (path: string) => readFileSync(join(site, path), "utf8")

/** Debian's; CI has it. */
const browserPath = process.env.NUNER_CHROMIUM ?? "/usr/bin/chromium"
if (!existsSync(browserPath) && process.env.CI !== undefined)
  throw new Error(`the book is looked at in a browser: apt install chromium (${browserPath})`)
const inBrowser = existsSync(browserPath) ? test : test.skip

let browser: Browser | undefined
beforeAll(async () => {
  await buildBook(site)
  if (existsSync(browserPath)) browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  folder[Symbol.dispose]()
}, 60_000)

test("every command has its page, and every flag a row", async () => {
  const { subcommands = [] } = await Effect.runPromise(commandHelp([]))
  const names = subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
  expect(names).toContain("annotate")
  for (const name of names) expect(read("commands/index.html")).toContain(`nuner ${name}`)
  const { flags } = await Effect.runPromise(commandHelp(["pretrain"]))
  const page = read("commands/pretrain.html")
  expect(flags.filter(({ name }) => !page.includes(`<code>--${name}</code>`))).toEqual([])
  expect(read("commands/tadner.html")).toContain('id="nuner-tadner-episodes"')
})

test("every schema of options is a table with its defaults", () => {
  const page = read("options.html")
  for (const [name, option] of [
    ["FineTuneOptions", "learningRate"],
    ["AnnotateOptions", "maxCost"],
    ["PretrainOptions", "temperature"]
  ] as const) {
    const [, section = ""] = page.split(`<h2 id="${name.toLowerCase()}">`)
    expect(section.split("<h2")[0]).toContain(`<code>${option}</code>`)
  }
})

test("every format has a row, and those that write text an example", () => {
  const page = read("formats.html")
  for (const { name } of formats) expect(page).toContain(`<code>${name}</code>`)
  expect(page).toContain("[Ada Lovelace|person] met [Babbage|person] in [London|place].")
})

test("a link to a file or a heading that is not there is told, one to a page or a source leads to its page", () => {
  const page = (origin: string, markdown: string) =>
    renderPage({ origin, title: origin, markdown }, repository, new Set(["docs/a.md", "packages/README.md"]))
  const a = page(
    "docs/a.md",
    "# A\n\n## Two `words`\n\n[one](#two-words) [two](#three) [three](b.md) [four](../packages) [five](../scripts/pack.ts#3)"
  )
  const b = page(
    "packages/README.md",
    "# P\n\n[a](../docs/a.md#two-words) [b](../docs/a.md#nowhere) <https://example.com>"
  )
  expect(brokenLinks([a, b], repository)).toEqual([
    "docs/a.md: #three: docs/a.md has no heading #three",
    "docs/a.md: b.md: there is no docs/b.md",
    "packages/README.md: ../docs/a.md#nowhere: docs/a.md has no heading #nowhere"
  ])
  expect(a.body.markup).toContain('href="../packages/index.html"')
  expect(a.body.markup).toContain('href="../scripts/pack.ts.html#3"')
  expect(b.body.markup).toContain('href="../docs/a.html#two-words"')
})

test("the pictures of the method show what the packages say today", async () => {
  for (const [name, svg] of Object.entries(await drawData()))
    expect(readFileSync(join(repository, `docs/pictures/${name}.svg`), "utf8")).toBe(svg)
})

inBrowser(
  "pages are read on a telephone, by a keyboard and in the dark, load nothing from elsewhere, and are found by their headings",
  async () => {
    const context = await browser!.newContext({ viewport: { width: 390, height: 844 }, colorScheme: "dark" })
    const page = await context.newPage()
    const complaints: Array<string> = []
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("request", (request) => !request.url().startsWith("file://") && complaints.push(request.url()))
    for (const path of [
      "index.html",
      "docs/method.html",
      "commands/pretrain.html",
      "formats.html",
      "docs/cookbook/csv.html",
      "packages/sampler/API.html",
      "scripts/pack.ts.html"
    ]) {
      await page.goto(`file://${site}/${path}`)
      expect({ path, width: await page.evaluate(() => document.documentElement.scrollWidth) }).toEqual({
        path,
        width: 390
      })
      await page.evaluate(axe.source)
      const wrong = await page.evaluate(
        async () => (await Reflect.get(window, "axe").run()).violations as Array<{ id: string }>
      )
      complaints.push(...wrong.map(({ id }) => `${path}: ${id}`))
      expect(
        await page.evaluate(() => [...document.images].filter(({ naturalWidth }) => naturalWidth === 0).length)
      ).toBe(0)
    }
    expect(complaints).toEqual([])
    const shots = process.env.NUNER_SCREENSHOTS
    if (shots !== undefined) {
      const wide = await browser!.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: "light" })
      await wide.goto(`file://${site}/docs/method.html`)
      await wide.screenshot({ path: join(shots, "book.png") })
      await wide.close()
    }
    await page.getByRole("searchbox").fill("wordSpans core")
    await page.getByRole("link", { name: /^wordSpans/ }).click()
    expect(new URL(page.url()).hash).toBe("#wordspans")
    expect(await page.locator("h2#wordspans").isVisible()).toBe(true)
    await context.close()
  },
  120_000
)
