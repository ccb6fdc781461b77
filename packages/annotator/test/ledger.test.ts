import { expect, setDefaultTimeout, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { Ledger, type LedgerShape, layerLedger } from "../src/index.ts"
import type { Outcome } from "../src/ledger/Attempts.ts"
import type { Settings } from "../src/ledger/Queue.ts"
import { overLedgers } from "./support/ledgers.ts"

const settings: Settings = { prompt: { name: "p", version: 1, hash: "h", text: "t" }, model: "m", parameters: {} }
const items = (n: number, from = 0) =>
  Array.from({ length: n }, (_, i) => ({
    seq: from + i,
    sentenceId: `s${from + i}`,
    sentence: `text ${from + i}`,
    address: `a${from + i}`
  }))
const answered: Outcome = {
  state: "answered",
  answer: "x <> y",
  finish: "stop",
  usage: { inputTokens: 5, outputTokens: 3 },
  cost: 0.25
}
const FAR = 9_000_000_000_000

setDefaultTimeout(60_000)

overLedgers("ledger", (newLedger) => {
  const check = (name: string, body: (ledger: LedgerShape) => Effect.Effect<void, unknown>) =>
    test(name, async () => {
      const place = await newLedger()
      if (place === undefined) return
      await Effect.runPromise(
        Effect.gen(function* () {
          const ledger = yield* Ledger
          yield* ledger.saveSettings("set", settings, 1)
          yield* body(ledger)
        }).pipe(Effect.provide(layerLedger(place)))
      )
    })
  const plan = (
    ledger: LedgerShape,
    n: number,
    more: { retryFailed?: boolean; failedBefore?: number; queue?: string; from?: number } = {}
  ) =>
    ledger.plan({
      queue: more.queue ?? "q",
      settings: "set",
      items: items(n, more.from),
      retryFailed: more.retryFailed ?? false,
      failedBefore: more.failedBefore ?? FAR,
      now: 1
    })
  const claim = (ledger: LedgerShape, queue: string, owner: string, limit: number) =>
    ledger.claim({ queue, owner, limit, now: 2 })
  const bury = (ledger: LedgerShape, owner: string) => ledger.bury(owner, 11)
  const send = (ledger: LedgerShape, address: string, owner = "A", estimate = 1, maxCost: number | null = null) =>
    ledger.send({ address, owner, job: "j", estimate, maxCost, now: 2 })
  const settle = (ledger: LedgerShape, address: string, outcome: Outcome, owner = "A", attempt = 1) =>
    ledger.settle({ address, owner, attempt, outcome, now: 3 })

  check("a request's life: planned, claimed, sent, answered", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 3)
      expect((yield* ledger.page("q", 0, 10)).map((item) => item.state)).toEqual(["planned", "planned", "planned"])
      const claims = yield* claim(ledger, "q", "A", 2)
      expect(claims).toMatchObject([{ address: "a0", sentence: "text 0", attempts: 0, round: 0 }, { address: "a1" }])
      expect(yield* send(ledger, "a0")).toEqual({ _tag: "Sent", attempt: 1 })
      expect((yield* ledger.page("q", 0, 1))[0]).toMatchObject({ state: "sent", attempts: 1 })
      expect(yield* ledger.account("j")).toEqual({ spent: 0, reserved: 1 })
      yield* settle(ledger, "a0", answered)
      expect((yield* ledger.page("q", 0, 1))[0]).toMatchObject({
        sentenceId: "s0",
        state: "answered",
        answer: "x <> y",
        finish: "stop"
      })
      expect(yield* ledger.account("j")).toEqual({ spent: 0.25, reserved: 0 })
      expect(yield* ledger.attempts("a0")).toEqual([
        {
          number: 1,
          owner: "A",
          batch: null,
          startedAt: 2,
          endedAt: 3,
          outcome: "answered",
          detail: null,
          inputTokens: 5,
          outputTokens: 3,
          cost: 0.25,
          assumed: false
        }
      ])
      expect(yield* ledger.count("q")).toContainEqual({ state: "answered", reason: null, count: 1 })
    })
  )

  check("a claim excludes others, and only its owner may send", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 5)
      const [a, b] = yield* Effect.all([claim(ledger, "q", "A", 3), claim(ledger, "q", "B", 3)], { concurrency: 2 })
      const addresses = [...a, ...b].map(({ address }) => address)
      expect(new Set(addresses).size).toBe(addresses.length)
      expect(yield* send(ledger, a[0]!.address, "B")).toEqual({ _tag: "Gone" })
      yield* send(ledger, a[0]!.address)
      expect(yield* send(ledger, a[0]!.address)).toEqual({ _tag: "Gone" })
    })
  )

  check("planning again keeps final answers, and asks anew what failed in passing", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 3)
      yield* claim(ledger, "q", "A", 3)
      for (const [address, outcome] of [
        ["a0", answered],
        ["a1", { ...answered, state: "failed", reason: "truncated" }],
        ["a2", { state: "failed", reason: "unreachable", usage: null, cost: 1, assumed: true }]
      ] as const) {
        yield* send(ledger, address)
        yield* settle(ledger, address, outcome)
      }
      yield* plan(ledger, 3, { queue: "q2", failedBefore: 3 })
      expect(yield* claim(ledger, "q2", "B", 9)).toEqual([])
      yield* plan(ledger, 3, { queue: "q2" })
      expect(yield* claim(ledger, "q2", "B", 9)).toMatchObject([{ address: "a2", attempts: 1, round: 0 }])
      yield* plan(ledger, 3, { queue: "q3", retryFailed: true })
      expect(yield* claim(ledger, "q3", "B", 9)).toMatchObject([{ address: "a1", attempts: 1, round: 1 }])
    })
  )

  check("a duplicate sentence is one request and two items", (ledger) =>
    Effect.gen(function* () {
      const twice = items(1).flatMap((item) => [item, { ...item, seq: 1, sentenceId: "again" }])
      yield* ledger.plan({ queue: "q", settings: "set", items: twice, retryFailed: false, failedBefore: FAR, now: 1 })
      expect(yield* claim(ledger, "q", "A", 9)).toHaveLength(1)
      expect((yield* ledger.page("q", 0, 9)).map((item) => item.sentenceId)).toEqual(["s0", "again"])
    })
  )

  check("the budget holds, whatever is in flight", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 4)
      yield* claim(ledger, "q", "A", 4)
      expect(yield* send(ledger, "a0", "A", 0.6, 1)).toMatchObject({ _tag: "Sent" })
      expect(yield* send(ledger, "a1", "A", 0.6, 1)).toEqual({ _tag: "Wait" })
      expect((yield* ledger.page("q", 1, 1))[0]).toMatchObject({ state: "planned", attempts: 0 })
      yield* settle(ledger, "a0", answered)
      expect(yield* send(ledger, "a1", "A", 0.6, 1)).toMatchObject({ _tag: "Sent" })
      yield* settle(ledger, "a1", { ...answered, cost: 0.6 })
      expect(yield* send(ledger, "a2", "A", 0.6, 1)).toEqual({ _tag: "OverBudget" })
    })
  )

  check("what a dead worker had claimed goes back; what it had sent counts as charged", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 3)
      yield* claim(ledger, "q", "A", 2)
      yield* send(ledger, "a0")
      expect(yield* bury(ledger, "B")).toBe(1)
      expect(yield* bury(ledger, "B")).toBe(0)
      expect(yield* ledger.account("j")).toEqual({ spent: 1, reserved: 0 })
      expect(yield* ledger.attempts("a0")).toMatchObject([{ outcome: "lost", cost: 1, assumed: true }])
      expect((yield* claim(ledger, "q", "B", 9)).map(({ address }) => address)).toEqual(["a0", "a1", "a2"])
      expect(yield* send(ledger, "a0", "B")).toEqual({ _tag: "Sent", attempt: 2 })
    })
  )

  check("an answer of a worker that counts as dead is kept, and not paid twice", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 1)
      yield* claim(ledger, "q", "A", 1)
      yield* send(ledger, "a0")
      yield* bury(ledger, "B")
      yield* settle(ledger, "a0", answered)
      expect((yield* ledger.page("q", 0, 1))[0]).toMatchObject({ state: "answered", answer: "x <> y" })
      expect(yield* ledger.account("j")).toEqual({ spent: 1, reserved: 0 })
    })
  )

  check("two answers to one request: the first is kept, both are paid, nothing stays reserved", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 1)
      yield* claim(ledger, "q", "A", 1)
      yield* send(ledger, "a0")
      yield* bury(ledger, "B")
      yield* claim(ledger, "q", "B", 1)
      yield* send(ledger, "a0", "B")
      yield* settle(ledger, "a0", answered)
      yield* settle(ledger, "a0", { ...answered, answer: "later" }, "B", 2)
      expect((yield* ledger.page("q", 0, 1))[0]).toMatchObject({ answer: "x <> y" })
      expect(yield* ledger.account("j")).toEqual({ spent: 1.25, reserved: 0 })
    })
  )

  check("a failure that comes late does not undo what the new owner does", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 1)
      yield* claim(ledger, "q", "A", 1)
      yield* send(ledger, "a0")
      yield* bury(ledger, "B")
      yield* claim(ledger, "q", "B", 1)
      yield* send(ledger, "a0", "B")
      yield* settle(ledger, "a0", { state: "failed", reason: "rejected", usage: null, cost: 0 })
      expect((yield* ledger.page("q", 0, 1))[0]).toMatchObject({ state: "sent" })
    })
  )

  check("a worker on a shared ledger holds what is its own until its lease is over", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 3)
      yield* ledger.beat("A", 60)
      yield* ledger.beat("B", 60)
      yield* claim(ledger, "q", "A", 2)
      yield* send(ledger, "a0")
      if (ledger.shared) {
        expect(yield* bury(ledger, "B")).toBe(0)
        expect((yield* claim(ledger, "q", "B", 9)).map(({ address }) => address)).toEqual(["a2"])
      }
      yield* ledger.beat("A", -1)
      expect(yield* bury(ledger, "B")).toBe(1)
      expect(yield* send(ledger, "a1")).toEqual({ _tag: "Gone" })
      expect((yield* claim(ledger, "q", "B", 9)).map(({ address }) => address).slice(0, 2)).toEqual(["a0", "a1"])
    })
  )

  check("a worker that leaves gives back what it did not send", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 2)
      yield* claim(ledger, "q", "A", 2)
      yield* send(ledger, "a0")
      yield* ledger.leave("A")
      expect((yield* claim(ledger, "q", "B", 2)).map(({ address }) => address)).toEqual(["a1"])
    })
  )

  test("a rate is one for all workers of a job, and another job's is its own", async () => {
    const place = await newLedger()
    const worker = (job: string) =>
      Effect.runPromise(
        Effect.flatMap(Ledger, ({ pace }) =>
          Effect.forEach([1, 2, 3], () => pace(job, { requests: 100_000, tokens: 1_000 }))
        ).pipe(Effect.provide(layerLedger(place)))
      )
    const waits = [...(await worker("j")), ...(await worker("j"))]
    // Each place begins where the one before it ends; what is left over is the time that passed.
    for (const [place, wait] of waits.entries()) expect(100_000 * place - wait).toBeWithin(0, 50_000)
    expect((await worker("other"))[0]).toBe(0)
    const tokens = await Effect.runPromise(
      Effect.flatMap(Ledger, ({ pace }) =>
        Effect.forEach([1, 2], () => pace("t", { requests: 0, tokens: 200_000 }))
      ).pipe(Effect.provide(layerLedger(place)))
    )
    expect(tokens[1]).toBeWithin(150_000, 200_001)
  })

  check("a queue adopts what another left, and knows when it is finished", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 2, { queue: "old" })
      yield* claim(ledger, "old", "A", 2)
      yield* send(ledger, "a0")
      yield* plan(ledger, 2, { queue: "new" })
      expect(yield* claim(ledger, "new", "B", 1)).toHaveLength(0)
      expect(yield* ledger.adopt("new", 0)).toBe(true)
      yield* bury(ledger, "B")
      expect(yield* ledger.attempts("a0")).toMatchObject([{ outcome: "lost", cost: 1, assumed: true }])
      expect(yield* ledger.adopt("new", 0)).toBe(true)
      expect(yield* send(ledger, "a1")).toEqual({ _tag: "Gone" })
      expect((yield* claim(ledger, "new", "B", 2)).map(({ address }) => address)).toEqual(["a1"])
      yield* send(ledger, "a1", "B")
      yield* settle(ledger, "a1", answered, "B")
      expect(yield* ledger.adopt("new", 0)).toBe(true)
      expect(yield* claim(ledger, "new", "B", 2)).toHaveLength(1)
      yield* send(ledger, "a0", "B")
      yield* settle(ledger, "a0", answered, "B", 2)
      expect(yield* ledger.adopt("new", 0)).toBe(false)
      expect(yield* ledger.account("j")).toEqual({ spent: 1.5, reserved: 0 })
    })
  )

  check("a new plan of a queue forgets the items of the last", (ledger) =>
    Effect.gen(function* () {
      yield* ledger.saveJob("q", null)
      yield* plan(ledger, 3)
      yield* ledger.saveJob("q", 3)
      expect(yield* ledger.job("q")).toEqual({ total: 3 })
      yield* ledger.saveJob("q", null)
      expect(yield* ledger.job("q")).toEqual({ total: null })
      expect(yield* ledger.page("q", 0, 9)).toEqual([])
      expect(yield* ledger.job("other")).toBeUndefined()
    })
  )

  check("batches: in, out by key, once, in parts", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 700)
      const claims = yield* claim(ledger, "q", "A", 700)
      const requests = claims.map(({ address }) => ({ address, key: `k-${address}`, estimate: 0.5 }))
      const open = { id: "b1", provider: "p", job: "j", owner: "A", requests, maxCost: null, now: 2 }
      expect(yield* ledger.openBatch(open)).toEqual({ taken: 700, budget: "enough" })
      expect(yield* ledger.account("j")).toEqual({ spent: 0, reserved: 350 })
      yield* ledger.updateBatch("b1", { state: "running", remoteId: "r1", now: 3 })
      expect(yield* ledger.openBatches("p", "other")).toEqual([])
      expect(yield* ledger.openBatches("p", "j")).toEqual([
        { id: "b1", remoteId: "r1", state: "running", requests: 700, createdAt: 2 }
      ])
      const rows = [
        { key: "k-a1", outcome: answered },
        { key: "k-a0", outcome: answered },
        { key: "unknown", outcome: answered }
      ]
      expect(yield* ledger.settleBatch("b1", rows, 9, 4)).toEqual(["k-a1", "k-a0"])
      expect(yield* ledger.settleBatch("b1", rows, 9, 4)).toEqual([])
      expect(yield* ledger.batchRest("b1", 1000)).toHaveLength(698)
      const missing: Outcome = { state: "planned", reason: "missing from batch", usage: null, cost: 0 }
      yield* ledger.settleBatch("b1", [{ key: "k-a2", outcome: missing }], 2, 5)
      yield* ledger.settleBatch("b1", [{ key: "k-a3", outcome: missing }], 1, 5)
      expect((yield* ledger.page("q", 2, 2)).map(({ state, reason }) => [state, reason])).toEqual([
        ["planned", "missing from batch"],
        ["failed", "missing from batch"]
      ])
      expect(yield* ledger.account("j")).toEqual({ spent: 0.5, reserved: 348 })
      expect(yield* ledger.remoteBatches("p")).toEqual(["r1"])
    })
  )

  check("a batch takes what the budget holds", (ledger) =>
    Effect.gen(function* () {
      yield* plan(ledger, 4)
      const claims = yield* claim(ledger, "q", "A", 4)
      const requests = claims.map(({ address }) => ({ address, key: address, estimate: 0.4 }))
      const open = { provider: "p", job: "j", owner: "A", maxCost: 1, now: 2 }
      expect(yield* ledger.openBatch({ ...open, id: "b1", requests })).toEqual({ taken: 2, budget: "wait" })
      expect(yield* ledger.openBatch({ ...open, id: "b2", requests: requests.slice(2) })).toEqual({
        taken: 0,
        budget: "wait"
      })
      const rows = requests.slice(0, 2).map(({ key }) => ({ key, outcome: { ...answered, cost: 0.4 } }))
      yield* ledger.settleBatch("b1", rows, 9, 3)
      expect(yield* ledger.openBatch({ ...open, id: "b3", requests: requests.slice(2) })).toEqual({
        taken: 0,
        budget: "over"
      })
    })
  )

  test("one plans at a time", async () => {
    const place = await newLedger()
    if (place === undefined) return
    const withLedger = <A>(body: (ledger: LedgerShape) => Effect.Effect<A, unknown, Scope.Scope>) =>
      Effect.scoped(Effect.flatMap(Ledger, body)).pipe(Effect.provide(layerLedger(place)))
    const lock = (queue: string) => withLedger((ledger) => ledger.lock(queue))
    await Effect.runPromise(
      withLedger((ledger) =>
        Effect.gen(function* () {
          expect(yield* ledger.lock("q")).toBe(true)
          expect(yield* lock("q")).toBe(false)
          expect(yield* lock("r")).toBe(place.startsWith("postgres"))
        })
      )
    )
    expect(await Effect.runPromise(lock("q"))).toBe(true)
  })

  test("the ledger is remembered by the next process", async () => {
    const place = await newLedger()
    if (place === undefined) return
    const once = (body: (ledger: LedgerShape) => Effect.Effect<unknown, unknown>) =>
      Effect.runPromise(Effect.flatMap(Ledger, body).pipe(Effect.provide(layerLedger(place))))
    await once((ledger) => plan(ledger, 2))
    await once((ledger) => Effect.map(ledger.page("q", 0, 9), (page) => expect(page).toHaveLength(2)))
  })
})
