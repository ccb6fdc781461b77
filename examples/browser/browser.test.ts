import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { loadClassifier } from "@nuner/classifier"
import { dictionaryTexts, oddTexts, tempDir } from "@nuner/testing"
import { chromium } from "playwright-core"
import { buildPage, serveFolder } from "./build.ts"
import { smallModel } from "./smallModel.ts"

const browser = process.env.NUNER_CHROMIUM ?? "/usr/bin/chromium"

/** How the platform itself divides texts. */
const wordsByDictionary = (texts: ReadonlyArray<string>) => {
  const segmenter = new Intl.Segmenter("en", { granularity: "word" })
  return texts.map((text) => Array.from(segmenter.segment(text), ({ index }) => index))
}

/** Entities and scores of the model in the page, and every address that was asked for. */
const inPage = async (model: string, texts: ReadonlyArray<string>) => {
  using dir = tempDir()
  await buildPage(model, dir.path)
  const server = serveFolder(dir.path)
  const chrome = await chromium.launch({ executablePath: browser, args: ["--no-sandbox"] })
  try {
    const page = await chrome.newPage()
    const asked: Array<string> = []
    const failures: Array<string> = []
    page.on("request", (request) => asked.push(request.url()))
    page.on("pageerror", (error) => failures.push(error.message))
    await page.goto(server.url.href)
    await page.waitForFunction("window.predict !== undefined", undefined, { timeout: 120_000 })
    const entities = (await page.evaluate(`window.predict(${JSON.stringify(texts)})`)) as Awaited<
      ReturnType<Awaited<ReturnType<typeof loadClassifier>>["predict"]>
    >
    const marked = await page.locator("#found mark").allTextContents()
    const words = (await page.evaluate(`(${wordsByDictionary})(${JSON.stringify(texts)})`)) as ReadonlyArray<unknown>
    return { asked, entities, failures, marked, words, host: server.url.host }
  } finally {
    await chrome.close()
    await server.stop(true)
  }
}

/** The model finds the same in Chromium as in Bun, and the page asks nobody else for anything. */
const compare = async (model: string) => {
  const classifier = await loadClassifier(model)
  const texts = [...oddTexts, ...dictionaryTexts]
  const expected = await classifier.predict(texts)
  classifier.dispose()
  const { asked, entities, failures, host, marked, words } = await inPage(model, texts)
  expect(failures).toEqual([])
  expect([...new Set(asked.map((url) => new URL(url).host))]).toEqual([host])
  expect(marked.length).toBeGreaterThan(0)
  expect(expected.flat().length).toBeGreaterThan(200)
  // Chinese, Japanese and Thai where the dictionaries agree, which has to be most of these texts.
  const here = wordsByDictionary(texts)
  const agreed = texts.map((_, i) => i < oddTexts.length || Bun.deepEquals(words[i], here[i]))
  expect(agreed.slice(oddTexts.length).filter(Boolean).length).toBeGreaterThan(dictionaryTexts.length / 2)
  for (const [i, found] of expected.entries()) {
    if (!agreed[i]) continue
    const there = entities[i]!
    const bare = (list: typeof found) => list.map(({ start, end, type, text }) => ({ start, end, type, text }))
    expect(bare(there), texts[i]!).toEqual(bare(found))
    for (const [j, { score }] of found.entries()) expect(Math.abs(there[j]!.score - score)).toBeLessThan(1e-3)
  }
}

const cases = {
  "a model directory finds the same entities in Chromium as in Bun, in 200 odd texts and in Chinese, Japanese and Thai, and asks nobody else for anything":
    "bert",
  "the same after a unigram tokenizer": "xlm-roberta"
} as const
for (const [name, architecture] of Object.entries(cases)) {
  const body = async () => {
    using dir = tempDir()
    await smallModel(dir.path, architecture)
    await compare(dir.path)
  }
  if (existsSync(browser)) test(name, body, 300_000)
  else test.skip(`${name} (skipped: no Chromium at ${browser})`, () => {})
}
const given = process.env.NUNER_MODEL
if (given !== undefined) test("the same with the model that NUNER_MODEL names", () => compare(given), 300_000)
