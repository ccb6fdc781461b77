import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import { chromium } from "playwright-core"
import { conceptMap, facts, figure, legend, lineChart, page, reliabilityChart, sentences, table } from "../src/index.ts"

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
    const points = [1, 2, 4].map((x) => ({ x, y: x, low: x - 1, high: x + 1 }))
    const chart = lineChart({ title: "t", x: "k", y: "F1", lines: [{ name: "a", points, dots: true }], zero: true })
    const disks = reliabilityChart("r", [{ score: 0.4, precision: 0.5, count: 3 }])
    const others = [table(["a", "b"], [["c", 1]]), facts({ a: 1 }), figure("f", legend(["a"]), chart, disks)]
    writeFileSync(folder.file("page.html"), page("t", [{ title: "s", body: [all, map, ...others] }]))
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
      const axe = readFileSync(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir), "utf8")
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.emulateMedia({ colorScheme })
        await tab.evaluate(axe)
        const faults = await tab.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run: () => Promise<{ violations: Array<{ id: string; impact: string }> }> }
          }
          return (await axe.run()).violations.map(({ id, impact }) => `${impact} ${id}`)
        })
        expect(faults.filter((fault) => /^(serious|critical)/.test(fault))).toEqual([])
      }
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  },
  120_000
)
