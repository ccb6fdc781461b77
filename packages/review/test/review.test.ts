import { afterAll, expect, test } from "bun:test"
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { loadClassifier } from "@nuner/classifier"
import { type LabelledSentence, openLabelled } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import type { State, Task } from "../src/protocol.ts"
import type { Review } from "../src/Review.ts"
import { serveReview } from "../src/server/serveReview.ts"
import { madeTexts, openReview, sentenceOf, special } from "./support/desk.ts"

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const texts = [...madeTexts(40), special[3]!]
/** Word 0 is a person, word 2 a town. */
const gold = [
  { start: 0, end: 1, type: "person" },
  { start: 2, end: 3, type: "town" }
]
const pool = texts.map(sentenceOf)
const give = async (review: Review, person: string, id: number, entities = gold, answer = "accept" as const) =>
  review.calls.answer({ person, id, entities, answer })
const next = async (review: Review, person: string, tab = person): Promise<Task> =>
  (await review.calls.next({ person, tab, count: 1, open: [] }))[0]!

test("each answer teaches; those aside score; what was learned is there again after a crash in the middle of a line", async () => {
  const review = await openReview(folder.file("learn"), pool, { heldOut: 0.3 })
  let state: State | undefined
  const asked: Array<Task> = []
  for (let n = 0; n < 20; n++) {
    const task = await next(review, "Ada")
    asked.push(task)
    state = await give(review, "Ada", task.id)
  }
  expect(new Set(asked.map(({ id }) => id)).size).toBe(20)
  // Every third sentence, about, is aside, and scores.
  expect(asked.filter(({ heldOut }) => heldOut)).toHaveLength(6)
  expect(state!.heldOut!.sentences).toBe(6)
  expect(state!.heldOut!.f1.value).toBeGreaterThan(0.9)
  expect(state!.curve.at(-1)).toEqual({ answers: 20, f1: state!.heldOut!.f1.value })
  const open = await next(review, "Ada")
  expect(open.entities.map(({ end, start, type }) => ({ start, end, type }))).toEqual(gold)

  appendFileSync(folder.file("learn/answers.jsonl"), '{"text":"cut sho')
  const again = await openReview(folder.file("learn"), pool, { heldOut: 0.3 })
  const after = await again.calls.state({ person: "Ada" })
  expect(after).toMatchObject({ answered: 20, own: 20, people: ["Ada"] })
  expect(after.heldOut!.f1.value).toBe(state!.heldOut!.f1.value)
  expect(readFileSync(folder.file("learn/answers.jsonl"), "utf8").endsWith("}\n")).toBe(true)
  await expect(openReview(folder.file("learn"), pool.toReversed(), {})).rejects.toThrow(
    "answers.jsonl:1: is of other texts"
  )
})

test("undo takes one's own last answer back, in the file and in the model", async () => {
  const review = await openReview(folder.file("undo"), pool, { heldOut: 0 })
  await give(review, "Ada", 3)
  await give(review, "Ada", 4, [{ start: 0, end: 3, type: "boat" }])
  await give(review, "Emmy", 5)
  const { state, task } = await review.calls.undo({ person: "Ada", tab: "a" })
  expect(task).toMatchObject({ id: 4, entities: [{ start: 0, end: 3, type: "boat" }] })
  expect(state).toMatchObject({ answered: 2, own: 1 })
  const found = (await review.calls.task({ person: "Carl", tab: "c", id: 4 })).entities.map(({ type }) => type)
  expect(found).not.toContain("boat")
  await review.calls.undo({ person: "Ada", tab: "a" })
  expect(await review.calls.undo({ person: "Ada", tab: "a" })).toMatchObject({ task: null })
  expect((await review.calls.state({ person: "Emmy" })).own).toBe(1)
})

test("two people: what one tab shows no other gets, every so many sentences are the other's, and agreement is told", async () => {
  const review = await openReview(folder.file("people"), pool, { heldOut: 0, again: 2 })
  const [a, b] = [await next(review, "Ada"), await next(review, "Emmy")]
  expect(a.id).not.toBe(b.id)
  await give(review, "Ada", a.id)
  await give(review, "Emmy", b.id)
  const second = await next(review, "Emmy")
  expect(second.id).toBe(a.id)
  const { agreement } = await give(review, "Emmy", second.id, [gold[0]!])
  // One of two is shared: F1 = 2 / 3.
  expect(agreement).toEqual([{ people: ["Ada", "Emmy"], sentences: 1, f1: 2 / 3 }])
})

test("of two people's answers to a sentence the latest stands, for the model, the scores and the export; leaving it aside takes nothing back", async () => {
  const review = await openReview(folder.file("standing"), pool, { heldOut: 0 })
  const [mine, theirs] = [[gold[0]!], [gold[1]!]]
  const say = (person: string, entities: typeof gold, answer: "accept" | "reject" | "ignore" = "accept") =>
    review.calls.answer({ person, id: 0, entities, answer })
  const exported = async () => {
    const [data] = (await review.calls.export({ person: "Ada" })).paths
    return (await Array.fromAsync((await openLabelled(data!)).sentences)).map(({ entities }) => entities)
  }
  const taught = async () =>
    (await review.calls.task({ person: "Carl", tab: "c", id: 0 })).entities.map(({ type }) => type)
  await say("Ada", mine)
  await say("Emmy", theirs)
  expect(await exported()).toEqual([theirs])
  expect(await taught()).toEqual(["town"])
  await say("Ada", mine)
  expect(await exported()).toEqual([mine])
  expect(await taught()).toEqual(["person"])
  await say("Emmy", [], "ignore")
  expect(await exported()).toEqual([mine])
  expect(await taught()).toEqual(["person"])
  await say("Emmy", [], "reject")
  await expect(exported()).rejects.toThrow("nothing is accepted")
  expect(await taught()).toEqual([])
})

test("an answer that comes while another is taken back is kept", async () => {
  const review = await openReview(folder.file("together"), pool, { heldOut: 0 })
  await give(review, "Ada", 0)
  await give(review, "Emmy", 1)
  await Promise.all([review.calls.undo({ person: "Ada", tab: "a" }), give(review, "Emmy", 2), give(review, "Carl", 3)])
  expect(await review.calls.state({ person: "Emmy" })).toMatchObject({ answered: 3, own: 2 })
  const again = await openReview(folder.file("together"), pool, { heldOut: 0 })
  expect(await again.calls.state({ person: "Emmy" })).toMatchObject({ answered: 3, own: 2 })
})

test("a damaged list of types names its file", async () => {
  writeFileSync(folder.file("undo/types.json"), '{"types": ["a"')
  await expect(openReview(folder.file("undo"), pool)).rejects.toThrow(/undo\/types\.json: .*\(remove it/)
  writeFileSync(folder.file("undo/types.json"), '{"types": [1], "renamed": []}')
  await expect(openReview(folder.file("undo"), pool)).rejects.toThrow(/undo\/types\.json: types\[0\]: /)
})

test("an audit: what is kept is right, what is added was missing", async () => {
  const annotated = pool.map((sentence): LabelledSentence => ({ ...sentence, entities: gold }))
  const review = await openReview(folder.file("audit"), annotated, { audit: 100 })
  // Two right; one of two right and one missing; none right.
  await give(review, "Ada", 0)
  await give(review, "Ada", 1, [gold[0]!, { start: 4, end: 5, type: "day" }])
  const { audit } = await give(review, "Ada", 2, [])
  expect(audit).toMatchObject({
    goal: 100,
    annotations: 6,
    missing: 1,
    precision: { value: 3 / 6 },
    recall: { value: 3 / 4 }
  })
  expect(audit!.precision.low).toBeLessThan(0.5)
  expect(audit!.precision.high).toBeGreaterThan(0.5)
})

test("types: new ones, merged ones, in answers, suggestions and after a restart", async () => {
  const annotated = pool.map(
    (sentence): LabelledSentence => ({ ...sentence, entities: [{ start: 2, end: 3, type: "city" }] })
  )
  const asked: Array<ReadonlyArray<string>> = []
  // Names that say of every word that it is of their type.
  const names = async (types: ReadonlyArray<string>) => {
    asked.push(types)
    return new Map(types.map((type) => [type, { weights: new Float32Array(32), bias: 9 }]))
  }
  const review = await openReview(folder.file("types"), annotated, { heldOut: 0, types: [], names })
  expect((await review.calls.state({ person: "Ada" })).types).toEqual(["city"])
  await review.calls.addType({ person: "Ada", type: " village " })
  await give(review, "Ada", 0, [{ start: 2, end: 3, type: "village" }])
  expect(asked).toEqual([["city"], ["village"]])
  const { types } = await review.calls.renameTypes({ person: "Ada", from: ["city", "village"], to: "place" })
  expect(asked).toEqual([["city"], ["village"], ["place"]])
  expect(types).toEqual(["place"])
  expect(() => review.calls.addType({ person: "Ada", type: "O" })).toThrow('"O" names no type')
  const again = await openReview(folder.file("types"), annotated, { heldOut: 0, types: [] })
  expect((await again.calls.state({ person: "Ada" })).types).toEqual(["place"])
  for (const id of [0, 7]) {
    const { entities } = await again.calls.task({ person: "Ada", tab: "a", id })
    expect(entities).toEqual([{ start: 2, end: 3, type: "place" }])
  }
})

test("export: data that any of our readers takes, and a model that predicts", async () => {
  const review = await openReview(folder.file("export"), pool, { heldOut: 0.2 })
  await expect(review.calls.export({ person: "Ada" })).rejects.toThrow("nothing is accepted")
  for (let id = 0; id < 20; id++) await give(review, "Ada", id)
  await review.calls.answer({ person: "Ada", id: 20, entities: [], answer: "reject" })
  const [data, model] = (await review.calls.export({ person: "Ada" })).paths
  const labelled = await Array.fromAsync((await openLabelled(data!)).sentences)
  expect(labelled.map(({ entities }) => entities)).toEqual(Array(20).fill(gold))
  const fromProdigy = await Array.fromAsync((await openLabelled(folder.file("export/answers.jsonl"))).sentences)
  expect(fromProdigy.map(({ entities, words }) => ({ entities, words }))).toEqual(
    labelled.map(({ entities, words }) => ({ entities, words }))
  )
  const classifier = await loadClassifier(model!)
  const found = await classifier.predict([texts[30]!])
  expect(found[0]!.map(({ text, type }) => `${text} ${type}`)).toEqual([
    `${pool[30]!.words[0]} person`,
    `${pool[30]!.words[2]} town`
  ])
  classifier.dispose()
})

test("the server: the link is good once, calls need the cookie and the page's own origin, and bodies are checked", async () => {
  const review = await openReview(folder.file("server"), pool, {})
  const { stop, url } = await serveReview(review, 0)
  const { origin } = new URL(url)
  const get = (path: string, headers = {}) => fetch(`${origin}${path}`, { headers, redirect: "manual" })
  try {
    expect((await get("/")).status).toBe(403)
    expect((await get("/?token=guess")).status).toBe(403)
    const first = await fetch(url, { redirect: "manual" })
    expect(first.status).toBe(303)
    const set = first.headers.get("set-cookie")!
    expect(set).toContain("HttpOnly; SameSite=Strict")
    expect((await fetch(url, { redirect: "manual" })).status).toBe(403)
    const cookie = set.split(";")[0]!
    const page = await get("/", { cookie })
    expect(page.status).toBe(200)
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
    expect((await get("/page.js", { cookie })).headers.get("content-type")).toContain("text/javascript")

    const post = async (name: string, body: unknown, headers: Record<string, string> = { cookie, origin }) =>
      fetch(`${origin}/api/${name}`, { method: "POST", body: JSON.stringify(body), headers })
    expect((await post("state", { person: "Ada" })).status).toBe(200)
    expect((await post("state", { person: "Ada" }, { cookie, origin: "http://elsewhere.example" })).status).toBe(403)
    expect((await post("state", { person: "Ada" }, { origin })).status).toBe(403)
    expect((await post("state", { person: "Ada" }, { cookie, origin, host: "elsewhere.example" })).status).toBe(404)
    expect((await post("state", { person: "Ada" }, { cookie, origin, host: "[::" })).status).toBe(404)
    expect((await post("state", { person: "" })).status).toBe(400)
    expect((await post("constructor", {})).status).toBe(404)
    const overlapping = [gold[0]!, { start: 0, end: 2, type: "town" }]
    const bad = await post("answer", { person: "Ada", id: 1, entities: overlapping, answer: "accept" })
    expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining("overlap")])
    expect((await post("answer", { person: "Ada", id: 999, entities: [], answer: "accept" })).status).toBe(400)

    // Another review in the same browser, which keeps a cookie by its name and the address.
    const other = await serveReview(review, 0)
    const second = await fetch(other.url, { redirect: "manual" })
    await other.stop()
    expect(second.headers.get("set-cookie")!.split("=")[0]).not.toBe(cookie.split("=")[0])
  } finally {
    await stop()
  }
})
