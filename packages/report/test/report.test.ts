import { expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { html, lineChart, page, placeConcepts, sentences, table } from "../src/index.ts"

const gold = [{ start: 0, end: 1, type: "person" }]

test("values are text, wherever they stand", () => {
  const evil = `"><script>alert(1)</script>&'`
  expect(html`<p title="${evil}">${[evil, html`<b>${1}</b>`, undefined]}</p>`.markup).toBe(
    `<p title="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#39;">&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#39;<b>1</b></p>`
  )
  const marked = sentences([{ words: [evil], entities: [{ start: 0, end: 1, type: evil }] }])
  const chart = lineChart({
    title: evil,
    x: evil,
    y: evil,
    lines: [{ name: evil, points: [{ x: 1, y: 1 }], dots: true }]
  })
  const body = [marked, chart, table([evil], [[evil, evil]], evil)]
  // Its own script is the only one.
  expect(page(evil, [{ title: evil, body }]).match(/<script/g)).toHaveLength(1)
})

test("a page asks for nothing from elsewhere", () => {
  const text = page("t", [{ title: "s", body: [sentences([{ words: ["Ada"], entities: gold }])] }])
  expect(text).toContain("default-src 'none'")
  const addresses = [...text.matchAll(/(?:src|href|url\()=?["']?((?:https?:)?\/\/[^"')]+)/g)]
  expect(addresses).toEqual([])
})

test("a line stands where its numbers are; what is not finite is left out; a band is drawn", () => {
  const points = [
    { x: 1, y: 0, low: 0, high: 0 },
    { x: 2, y: Number.NaN },
    { x: 3, y: 10, low: 8, high: 12 }
  ]
  const { markup } = lineChart({ title: "t", x: "k", y: "F1", lines: [{ name: "a", points, dots: true }] })
  const circles = [...markup.matchAll(/<circle[^>]*>/g)].map(([tag]) => ({
    x: Number(/ cx="([\d.]+)"/.exec(tag)![1]),
    y: Number(/ cy="([\d.]+)"/.exec(tag)![1])
  }))
  expect(circles).toHaveLength(2)
  expect(circles[0]!.x).toBeLessThan(circles[1]!.x)
  expect(circles[0]!.y).toBeGreaterThan(circles[1]!.y)
  expect(markup).toContain("a, k 3: 10 (8 to 12)")
  expect(markup).toContain('fill-opacity="0.15"')
})

test.each(["log", "linear"] as const)("every tick within the lines has its number, on a %s scale", (xScale) => {
  const sizes = [1, 2, 4, 8, 16, 32, 64, 128]
  const lines = [{ name: "a", points: sizes.slice(0, -1).map((x) => ({ x, y: x })) }]
  const { markup } = lineChart({ title: "t", x: "k", y: "F1", lines, ticks: sizes, xScale })
  const axis = /<g transform="translate\(0,9\)"[^>]*>(.*?)<\/g>/.exec(markup)![1]!
  expect([...axis.matchAll(/>(\d*)<\/text>/g)].map(([, text]) => text)).toEqual(sizes.slice(0, -1).map(String))
})

test("names of lines that end together stand a line of text apart around their ends; one that stands alone stays", () => {
  const lines = ["a", "b", "c", "alone"].map((name, i) => ({
    name,
    points: [
      { x: 1, y: 0 },
      { x: 2, y: name === "alone" ? 0 : 10 + i / 100 }
    ]
  }))
  const { markup } = lineChart({ title: "t", x: "k", y: "F1", lines, named: true })
  const name = /translate\(8,([-\d.]+)\)"[^>]*><text transform="translate\([\d.]+,([\d.]+)\)"[^>]*>(\w+)</g
  const moved = new Map([...markup.matchAll(name)].map(([, down, , name]) => [name, Number(down)]))
  const height = new Map([...markup.matchAll(name)].map(([, down, y, name]) => [name, Number(y) + Number(down)]))
  const [a, b, c] = ["a", "b", "c"].map((each) => height.get(each)!)
  expect([a! - b!, b! - c!].map((apart) => Math.round(apart))).toEqual([11, 11])
  expect(["a", "b", "c"].reduce((sum, each) => sum + moved.get(each)!, 0)).toBeCloseTo(0, 0)
  expect(moved.get("alone")).toBe(0)
})

test("sentences with errors come first, gold above; what is right stands once", () => {
  const words = ["Ada", "saw", "Oslo"]
  const { markup } = sentences([
    { words, entities: gold, predicted: gold },
    { words, entities: gold, predicted: [{ start: 2, end: 3, type: "town" }] }
  ])
  const [first, second] = [...markup.matchAll(/<div class="s" data-t="([^"]*)" data-k="([^"]*)">(.*?)<\/div>/g)]
  expect([first![1], first![2]]).toEqual(["0 1", "missed spurious"])
  expect(first![3]).toContain("<b>gold</b>")
  expect(first![3]).toContain('saw <mark class="c1">Oslo<i>town</i></mark>')
  expect([second![1], second![2]]).toEqual(["0", ""])
  expect(second![3]!.match(/<mark/g)).toHaveLength(1)
})

test("concepts of one kind lie together on the map, and have one colour; equal seeds give equal maps", async () => {
  const random = rng(1)
  const kinds = Array.from({ length: 90 }, (_, i) => i % 3)
  const vectors = Float32Array.from(
    kinds.flatMap((kind) => Array.from({ length: 12 }, (_, j) => (j === kind ? 5 : 0) + 0.3 * random.next()))
  )
  const concepts = kinds.map((kind, i) => ({ name: `${kind} ${i}`, count: i + 1 }))
  const placed = await placeConcepts({ concepts, vectors, seed: 4 })
  const distance = (a: (typeof placed)[number], b: (typeof placed)[number]) => Math.hypot(a.x - b.x, a.y - b.y)
  for (const [i, one] of placed.entries()) {
    const others = placed.filter((_, j) => j !== i).toSorted((a, b) => distance(one, a) - distance(one, b))
    for (const near of others.slice(0, 5)) expect(near.name[0]).toBe(one.name[0]!)
    expect(one.x >= 0 && one.x <= 1 && one.y >= 0 && one.y <= 1).toBe(true)
  }
  expect(await placeConcepts({ concepts, vectors, seed: 4 })).toEqual(placed)
  const controller = new AbortController()
  controller.abort(new Error("enough"))
  await expect(placeConcepts({ concepts, vectors, seed: 4, signal: controller.signal })).rejects.toThrow("enough")
})
