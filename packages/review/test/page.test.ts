import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import type { Subprocess } from "bun"
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { madeTexts, special } from "./support/desk.ts"

/** Debian's; CI has it. */
const browserPath = process.env.NUNER_CHROMIUM ?? "/usr/bin/chromium"
const absent = !existsSync(browserPath)
if (absent && process.env.CI !== undefined)
  throw new Error(`the page is tested in a browser: apt install chromium (${browserPath})`)
const inBrowser = absent ? test.skip : test

const folder = tempDir()
let browser: Browser
beforeAll(async () => {
  if (!absent) browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] })
}, 120_000)
/** Ended also where a test fails before it closes its desk: what goes on running holds the output of all tests open. */
const started: Array<Subprocess> = []

afterAll(async () => {
  for (const process of started) process.kill("SIGKILL")
  await browser?.close()
  folder[Symbol.dispose]()
}, 60_000)

interface Desk {
  readonly context: BrowserContext
  readonly page: Page
  readonly process: Subprocess
  /** What the page's console and its requests had to complain of. */
  readonly complaints: Array<string>
  close(): Promise<void>
}

/** A server of its own on a folder, and a page of it after the welcome. */
const desk = async (name: string, settings: BrowserContextOptions = {}, sentences = 60): Promise<Desk> => {
  const process = Bun.spawn(["bun", `${import.meta.dir}/support/desk.ts`, folder.file(name), String(sentences)], {
    stdout: "pipe"
  })
  started.push(process)
  const said = Bun.readableStreamToText(process.stdout.pipeThrough(upTo(/http\S+\n/)))
  const url = /http\S+/.exec(await said)![0]
  const context = await browser.newContext(settings)
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("request", (request) => {
    if (!request.url().startsWith("http://127.0.0.1:") && !request.url().startsWith("data:"))
      complaints.push(request.url())
  })
  await page.goto(url)
  await begin(page, "Ada")
  return {
    ...{ context, page, process, complaints },
    close: async () => {
      await context.close()
      process.kill("SIGKILL")
      await process.exited
    }
  }
}

/** Ends a stream where what it said so far matches. */
const upTo = (pattern: RegExp) => {
  const decoder = new TextDecoder()
  let said = ""
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      said += decoder.decode(chunk)
      controller.enqueue(chunk)
      if (pattern.test(said)) controller.terminate()
    }
  })
}

const begin = async (page: Page, person: string) => {
  await page.getByLabel("your name").fill(person)
  await page.keyboard.press("Enter")
  await page.locator("#sentence").waitFor()
}

const saved = (name: string): Array<{ text: string; answer: string; spans: Array<Record<string, unknown>> }> =>
  readFileSync(folder.file(`${name}/answers.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

const word = (page: Page, i: number) => page.locator(`[data-word="${i}"]`)
/** Presses a key and waits for another sentence. */
const answer = async (page: Page, key: string) => {
  const before = await page.locator("#sentence").textContent()
  await page.keyboard.press(key)
  await page.waitForFunction((text) => document.querySelector("#sentence")?.textContent !== text, before)
}
const drag = async (page: Page, from: number, to: number) => {
  const [a, b] = [(await word(page, from).boundingBox())!, (await word(page, to).boundingBox())!]
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2)
  await page.mouse.down()
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 4 })
  await page.mouse.up()
}

inBrowser(
  "a script, right to left, no spaces and emoji: whole words are selected, and nothing of a text runs",
  async () => {
    const { close, complaints, page } = await desk("special")
    expect(await page.locator("#sentence").textContent()).toBe(special[0]!)
    await word(page, 0).click()
    await page.keyboard.press("a")
    await page.waitForFunction(() => getComputedStyle(document.querySelector("#sentence")!).direction === "rtl")
    await drag(page, 1, 1)
    await page.keyboard.press("2")
    // To the left is onwards: from the second word to the fourth.
    for (let i = 0; i < 2; i++) await page.keyboard.press("ArrowLeft")
    await page.keyboard.press(" ")
    await answer(page, "a")
    await page.keyboard.press("1")
    await drag(page, 0, 1)
    await answer(page, "a")
    await drag(page, 1, 1)
    await answer(page, "a")
    const texts = saved("special").map(({ spans, text }) =>
      // Code points, as Prodigy counts.
      spans.map(({ end, label, start }) => `${[...text].slice(start as number, end as number).join("")} ${label}`)
    )
    expect(texts[0]).toEqual(["Zoe person"])
    expect(texts[1]).toEqual(["أحمد person", "القاهرة town"])
    expect(texts[2]).toEqual(["田中さん person"])
    expect(texts[3]).toEqual(["👩‍👩‍👧 person"])
    expect(await page.evaluate(() => "broken" in window)).toBe(false)
    expect(complaints).toEqual([])
    await close()
  },
  300_000
)

inBrowser(
  "thirty sentences by mouse and keyboard, undo, another tab, kill -9: every answer is kept",
  async () => {
    const first = await desk("thirty")
    const { page } = first
    for (const _ of special) await answer(page, "s")
    for (let n = 0; n < 26; n++) {
      // By turns with the mouse and with the keys.
      if (n % 2 === 0) {
        await page.keyboard.press("1")
        await word(page, 0).click()
        await page.keyboard.press("2")
        await word(page, 2).click()
      } else {
        await page.keyboard.press("1")
        await page.keyboard.press(" ")
        await page.keyboard.press("2")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press(" ")
      }
      await answer(page, n === 25 ? "r" : "a")
    }
    const texts = madeTexts(56)
    const lines = saved("thirty")
    expect(lines.map(({ answer }) => answer)).toEqual([
      ...Array(4).fill("ignore"),
      ...Array(25).fill("accept"),
      "reject"
    ])
    expect(lines.slice(4).map(({ text }) => text)).toEqual(texts.slice(0, 26))
    for (const { spans } of lines.slice(4)) {
      expect(spans.map(({ label, token_end, token_start }) => [token_start, token_end, label])).toEqual([
        [0, 0, "person"],
        [2, 2, "town"]
      ])
    }

    await answer(page, "u")
    expect(await page.locator("#sentence").textContent()).toContain(texts[25]!.slice(0, 4))
    expect(await page.locator(".entity").count()).toBe(2)
    expect(saved("thirty")).toHaveLength(29)

    // Another tab of the same person shows another sentence.
    const other = await first.context.newPage()
    await other.goto(page.url())
    await begin(other, "Ada")
    expect(await other.locator("#sentence").textContent()).not.toBe(await page.locator("#sentence").textContent())
    await answer(other, "a")
    await answer(page, "a")
    expect(saved("thirty")).toHaveLength(31)

    first.process.kill("SIGKILL")
    await first.process.exited
    await page.keyboard.press("a")
    await page.getByRole("alert").waitFor()
    await first.close()
    const second = await desk("thirty")
    expect(await second.page.getByText("31 of 60").count()).toBe(1)
    expect(await second.page.locator("#sentence .entity").count()).toBeGreaterThan(0)
    expect([...first.complaints, ...second.complaints].filter((line) => !line.includes("ERR_CONNECTION"))).toEqual([])
    await second.close()
  },
  600_000
)

for (const [name, settings] of [
  ["light", { colorScheme: "light" as const }],
  ["dark", { colorScheme: "dark" as const }],
  ["phone", { colorScheme: "light" as const, viewport: { width: 390, height: 844 }, hasTouch: true }]
] as const) {
  inBrowser(
    `no serious accessibility fault, and nothing wider than the screen: ${name}`,
    async () => {
      const { close, page } = await desk(name, settings)
      await word(page, 0).click()
      await page.getByText("merge or rename types").click()
      // The page's policy lets no script in but its own: axe comes by the debugger.
      const axe = readFileSync(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir), "utf8")
      await page.evaluate(axe)
      const found = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: {
            run: () => Promise<{ violations: Array<{ id: string; impact: string; nodes: Array<{ html: string }> }> }>
          }
        }
        return (await axe.run()).violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]!.html}`)
      })
      expect(found.filter((line) => /^(serious|critical)/.test(line))).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
      const shots = process.env.NUNER_SCREENSHOTS
      if (shots !== undefined) await page.screenshot({ path: `${shots}/review-${name}.png`, fullPage: true })
      await close()
    },
    300_000
  )
}

inBrowser(
  "of ten thousand sentences only those in sight stand in the page, and the last can be opened",
  async () => {
    const { close, page } = await desk("many", {}, 10_000)
    const rows = page.locator(".rows")
    await rows.evaluate((list) => list.scrollTo(0, list.scrollHeight))
    await page.getByText("on day 9995 .").waitFor()
    expect(await page.locator(".row").count()).toBeLessThan(60)
    await page.getByText("on day 9995 .").click()
    await page.waitForFunction(() => document.querySelector("#sentence")?.textContent?.includes("9995"))
    await close()
  },
  300_000
)
