import { afterAll, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import { chromium } from "playwright-core"
import { conceptMap, page, sentences } from "../src/index.ts"

/** Debian's; CI has it. */
const browserPath = process.env.NUNER_CHROMIUM ?? "/usr/bin/chromium"
const absent = !existsSync(browserPath)
if (absent && process.env.CI !== undefined)
  throw new Error(`pages are tested in a browser: apt install chromium (${browserPath})`)

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

test.skipIf(absent)(
  "in a browser: filters by type, kind and text; the map is drawn and searched; nothing is asked for, nothing complains",
  async () => {
    const entity = (start: number, type: string) => ({ start, end: start + 1, type })
    const words = ["Ada", "saw", "Oslo"]
    const all = sentences([
      { words, entities: [entity(0, "person")], predicted: [entity(0, "person")] },
      { words, entities: [entity(0, "person"), entity(2, "town")], predicted: [entity(0, "person")] },
      { words: ["Emmy", "left"], entities: [], predicted: [entity(0, "town")] }
    ])
    const map = conceptMap([
      { name: "person", count: 9, x: 0.1, y: 0.1, colour: [200, 0, 0] },
      { name: "town", count: 3, x: 0.9, y: 0.9, colour: [0, 200, 0] }
    ])
    writeFileSync(folder.file("page.html"), page("t", [{ title: "s", body: [all, map] }]))
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] })
    try {
      const tab = await browser.newPage()
      const complaints: Array<string> = []
      tab.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
      tab.on("pageerror", (error) => complaints.push(error.message))
      tab.on("request", (request) => !/^(file|data):/.test(request.url()) && complaints.push(request.url()))
      await tab.goto(`file://${folder.file("page.html")}`)
      const told = () => tab.locator(".filters output").textContent()
      expect(await told()).toBe("3 of 3 sentences")
      await tab.getByLabel("type").selectOption("town")
      expect(await told()).toBe("2 of 3 sentences")
      await tab.getByLabel("error").selectOption("missed")
      expect(await told()).toBe("1 of 3 sentences")
      expect(await tab.locator(".s:visible").textContent()).toContain("Oslo")
      await tab.getByLabel("error").selectOption("")
      await tab.getByLabel("type").selectOption("")
      await tab.getByLabel("text").fill("emmy")
      expect(await told()).toBe("1 of 3 sentences")
      const inked = () =>
        tab.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
          const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height)
          return data.some((value) => value > 0)
        })
      expect(await inked()).toBe(true)
      await tab.getByLabel("find").fill("tow")
      expect(await tab.locator(".map output").textContent()).toBe("1 concepts")
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  },
  120_000
)
