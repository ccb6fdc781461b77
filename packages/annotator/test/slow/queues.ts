/**
 * What queues on Postgres take for the same job as workers of an annotation: 1,000 requests of 20 ms, 4 workers with 8 in flight each, all in
 * one process.
 *
 *     bun packages/annotator/test/slow/queues.ts            # Effect's PersistedQueue and nuner's own claim, send and settle
 *     NUNER_QUEUES=<folder> bun ...             # and those installed there: bun add pg-boss@12.38.0 graphile-worker@0.18.0 pg@8.23.1
 *
 * One line of JSON a queue.
 */
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted, Schema } from "effect"
import { PersistedQueue } from "effect/persistence"
import { Ledger, layerPostgres } from "../../src/index.ts"
import { newDatabase } from "../support/ledgers.ts"
import { Postgres } from "../support/Postgres.ts"

const ITEMS = 1000
const WORKERS = 4
const EACH = 8
const WORK_MS = 20
/** Seconds after which a silent worker counts as gone, where a queue has such a setting. */
const LEASE = 3

const postgres = await Postgres.start()
const peers = process.env.NUNER_QUEUES
const peer = (name: string) => import(join(peers!, "node_modules", name))

/** Counts items until all are done. */
const counter = (items: number) => {
  const seen = new Map<string, number>()
  let finish = () => {}
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  return {
    done,
    seen,
    work: async (id: string) => {
      await Bun.sleep(WORK_MS)
      seen.set(id, (seen.get(id) ?? 0) + 1)
      if (seen.size === items) finish()
    }
  }
}
type Work = (id: string) => Promise<void>
interface Queue {
  readonly name: string
  /** Puts the items in. */
  readonly fill: (url: string, ids: ReadonlyArray<string>) => Promise<void>
  /** Starts a worker; gives how to stop it in good order. */
  readonly worker: (url: string, work: Work) => Promise<() => Promise<void>>
}

const effectQueue: Queue = (() => {
  const store = (url: string) => {
    const client = PgClient.layer({ url: Redacted.make(url), maxConnections: 10 })
    const lease = {
      pollInterval: "200 millis",
      lockRefreshInterval: "1 second",
      lockExpiration: `${LEASE} seconds`
    } as const
    return PersistedQueue.layer.pipe(Layer.provide(PersistedQueue.layerStoreSql(lease)), Layer.provide(client))
  }
  const queue = PersistedQueue.make({ name: "q", schema: Schema.String })
  return {
    name: "effect PersistedQueue",
    fill: (url, ids) =>
      Effect.runPromise(
        Effect.flatMap(queue, (q) => Effect.forEach(ids, (id) => q.offer(id, { id }), { concurrency: 10 })).pipe(
          Effect.asVoid,
          Effect.provide(store(url)),
          Effect.orDie
        )
      ),
    worker: async (url, work) => {
      const controller = new AbortController()
      const take = Effect.flatMap(queue, (q) =>
        Effect.all(
          Array.from({ length: EACH }, () => Effect.forever(q.take((id) => Effect.promise(() => work(id))))),
          { concurrency: "unbounded" }
        )
      ).pipe(Effect.provide(store(url)), Effect.orDie)
      const run = Effect.runPromise(take, { signal: controller.signal }).catch(() => {})
      return async () => {
        controller.abort()
        await run
      }
    }
  }
})()

/** The ledger's own steps. */
const ledgerQueue: Queue = {
  name: "nuner ledger",
  fill: (url, ids) =>
    Effect.runPromise(
      Effect.flatMap(Ledger, (ledger) =>
        ledger.plan({
          ...{ queue: "q", settings: "s", retryFailed: false, failedBefore: 0, now: Date.now() },
          items: ids.map((id, seq) => ({ seq, sentenceId: id, sentence: id, address: id }))
        })
      ).pipe(Effect.provide(layerPostgres(url)))
    ),
  worker: async (url, work) => {
    let stopped = false
    const owner = crypto.randomUUID()
    const run = Effect.runPromise(
      Effect.gen(function* () {
        const ledger = yield* Ledger
        const one = Effect.gen(function* () {
          while (!stopped) {
            const [claimed] = yield* ledger.claim({ queue: "q", owner, limit: 1, now: Date.now() })
            if (claimed === undefined) {
              yield* Effect.sleep("20 millis")
              continue
            }
            const { address } = claimed
            const now = Date.now()
            const sent = yield* ledger.send({
              address,
              owner,
              job: "j",
              estimate: 0,
              maxCost: null,
              now
            })
            if (sent._tag !== "Sent") continue
            yield* Effect.promise(() => work(address))
            const outcome = { state: "answered", answer: "", finish: "stop", usage: null, cost: 0 } as const
            yield* ledger.settle({ address, owner, attempt: sent.attempt, outcome, now: Date.now() })
          }
        })
        yield* Effect.all(
          Array.from({ length: EACH }, () => one),
          { concurrency: "unbounded" }
        )
      }).pipe(Effect.provide(layerPostgres(url)))
    )
    return async () => {
      stopped = true
      await run
    }
  }
}

const pgBoss: Queue = {
  name: "pg-boss",
  fill: async (url, ids) => {
    const { PgBoss } = await peer("pg-boss")
    const boss = new PgBoss({ ...connection(url), max: 10 })
    await boss.start()
    await boss.createQueue("q", { expireInSeconds: LEASE, retryLimit: 5 })
    await boss.insert(
      "q",
      ids.map((id) => ({ data: { id } }))
    )
    await boss.stop()
  },
  worker: async (url, work) => {
    const { PgBoss } = await peer("pg-boss")
    const boss = new PgBoss({ ...connection(url), max: 10 })
    await boss.start()
    const options = { batchSize: 1, pollingIntervalSeconds: 0.5, localConcurrency: EACH }
    await boss.work("q", options, ([job]: ReadonlyArray<{ data: { id: string } }>) => work(job!.data.id))
    return () => boss.stop()
  }
}

const graphile: Queue = {
  name: "graphile-worker",
  fill: async (url, ids) => {
    const { makeWorkerUtils } = await peer("graphile-worker")
    const utils = await makeWorkerUtils({ pgPool: await pool(url) })
    await utils.migrate()
    for (const id of ids) await utils.addJob("q", { id })
    await utils.release()
  },
  worker: async (url, work) => {
    const { Logger, run } = await peer("graphile-worker")
    const runner = await run({
      ...{ pgPool: await pool(url), concurrency: EACH, noHandleSignals: true, pollInterval: 200 },
      logger: new Logger(() => () => {}),
      taskList: { q: (payload: { id: string }) => work(payload.id) }
    })
    return () => runner.stop()
  }
}

const connection = (url: string) => {
  const { pathname, searchParams } = new URL(url)
  return { host: searchParams.get("host")!, database: pathname.slice(1), user: "tester" }
}
const pool = async (url: string) => {
  const { default: pg } = await peer("pg")
  return new pg.Pool({ ...connection(url), max: 10 })
}

for (const [i, queue] of [ledgerQueue, effectQueue, ...(peers === undefined ? [] : [pgBoss, graphile])].entries()) {
  const url = await newDatabase(postgres, `queue_${i}`)
  const ids = Array.from({ length: ITEMS }, (_, n) => `item-${n}`)
  const filling = performance.now()
  await queue.fill(url, ids)
  const filled = performance.now()
  const { done, seen, work } = counter(ITEMS)
  const stops = await Promise.all(Array.from({ length: WORKERS }, () => queue.worker(url, work)))
  const started = performance.now()
  await Promise.race([done, Bun.sleep(120_000)])
  const seconds = (from: number, to: number) => Number(((to - from) / 1000).toFixed(2))
  const repeated = [...seen.values()].reduce((sum, n) => sum + n - 1, 0)
  const result = {
    queue: queue.name,
    done: seen.size,
    repeated,
    fill: seconds(filling, filled),
    run: seconds(filled, performance.now()),
    work: seconds(started, performance.now())
  }
  console.log(JSON.stringify({ ...result, ideal: (ITEMS * WORK_MS) / WORKERS / EACH / 1000 }))
  await Promise.race([Promise.all(stops.map((stop) => stop())), Bun.sleep(5000)])
}
await Promise.race([postgres.stop(), Bun.sleep(5000)])
process.exit(0)
