import { Clock, Deferred, Effect, Layer, Logger, Option, References, Schedule, type Scope } from "effect"
import {
  ClusterWorkflowEngine,
  Entity,
  RunnerAddress,
  RunnerHealth,
  Runners,
  Sharding,
  ShardingConfig,
  SqlMessageStorage,
  SqlRunnerStorage
} from "effect/cluster"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { DurableDeferred, WorkflowEngine } from "effect/workflow"
import { Ledger } from "../ledger/Ledger.ts"
import { PARTS } from "../ledger/partOf.ts"
import { clusterPrefix } from "../ledger/sqlJobs.ts"
import type { Run } from "../run/Run.ts"
import { AnnotateJob, AnnotateJobLayer, JobDone, JobPart } from "./AnnotateJob.ts"

/** Becomes a runner of the job's cluster until the scope ends. Runners meet in the database alone: none needs a port. */
export const joinCluster = Effect.fnUntraced(function* (
  run: Run,
  client: SqlClient.SqlClient,
  role: "plan" | "help"
): Effect.fn.Return<void, never, Ledger | Scope.Scope> {
  // Tables of its own for every job: a runner can only do the job it has come for.
  const prefix = clusterPrefix(run.queue)
  const cluster = Layer.mergeAll(partLayer(run), AnnotateJobLayer).pipe(
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provide(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide(SqlMessageStorage.layerWith({ prefix })),
    Layer.provide(Layer.orDie(SqlRunnerStorage.layerWith({ prefix }))),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provide(timing(run)),
    Layer.provide(Digest.layerWebCrypto),
    Layer.provide(Layer.succeed(SqlClient.SqlClient, client)),
    Layer.provide(onlyErrors)
  )
  const context = yield* Layer.build(cluster)
  if (role === "plan") {
    yield* AnnotateJob.execute({ run: run.owner }, { discard: true }).pipe(Effect.provide(context))
  }
})

/** In one line; standard output belongs to the program. */
const onlyErrors = Layer.merge(
  Layer.succeed(References.MinimumLogLevel, "Error"),
  Logger.layer([Logger.make(({ message }) => console.error(`cluster: ${[message].flat().join(" ")}`))])
)

/** Holds a part from when the cluster gives it until the job is done or the cluster takes it away. */
const partLayer = (run: Run) =>
  JobPart.toLayer(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const engine = yield* WorkflowEngine.WorkflowEngine
      const { shardId } = yield* Entity.CurrentAddress
      const part = shardId.id - 1
      const { owner, parts, queue } = run
      const take = Effect.gen(function* () {
        yield* ledger.inherit({ queue, parts: [part], owner, now: yield* Clock.currentTimeMillis })
        parts.take(part)
      })
      const drop = Effect.gen(function* () {
        parts.drop(part)
        while (!parts.isIdle(part)) yield* Effect.sleep("10 millis")
        yield* Effect.ignore(ledger.giveBack({ queue, parts: [part], owner }))
      })
      const report = (executionId: string) => {
        const token = DurableDeferred.tokenFromExecutionId(JobDone, { workflow: AnnotateJob, executionId })
        return DurableDeferred.succeed(JobDone, { token, value: undefined }).pipe(
          Effect.provideService(WorkflowEngine.WorkflowEngine, engine)
        )
      }
      return {
        ask: ({ payload: { execution } }) =>
          Effect.retry(take, Schedule.spaced("1 second")).pipe(
            Effect.orDie,
            Effect.andThen(Deferred.await(run.done)),
            // The job is done as a whole: one part is enough to say so.
            Effect.andThen(part === 0 ? report(execution) : Effect.void),
            Effect.ensuring(drop)
          )
      }
    })
  )

const timing = ({ options: { leaseSeconds, timeoutSeconds }, owner }: Run) =>
  ShardingConfig.layer({
    shardsPerGroup: PARTS,
    // A name; nobody calls there.
    runnerAddress: Option.some(RunnerAddress.make(owner, 1)),
    shardLockExpiration: `${leaseSeconds} seconds`,
    shardLockRefreshInterval: `${leaseSeconds / 3} seconds`,
    refreshAssignmentsInterval: `${Math.min(1, leaseSeconds / 10)} seconds`,
    entityMessagePollInterval: "500 millis",
    // Requests under way are waited for, so that the next holder of their part does not repeat them.
    entityTerminationTimeout: `${timeoutSeconds + 5} seconds`,
    simulateRemoteSerialization: false
  })
