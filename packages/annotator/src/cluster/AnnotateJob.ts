import { Effect, Schema } from "effect"
import { ClusterSchema, Entity, EntityId, Sharding } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { DurableDeferred, Workflow } from "effect/workflow"
import { PARTS } from "../ledger/partOf.ts"

/**
 * A part of the job, of which the cluster sees to it that it is with one worker at a time. `ask` lasts until nothing of the job is
 * unfinished; if the worker dies or gives the part away, it goes on with the next.
 */
export const JobPart = Entity.make("JobPart", [
  Rpc.make("ask", { payload: { execution: Schema.String }, primaryKey: ({ execution }) => execution })
    .annotate(ClusterSchema.Persisted, true)
    .annotate(ClusterSchema.InterruptOnTermination, true)
])

/** An annotation job: puts every part to work, and ends with them. Once started, it is up to the workers; its planner may die. */
export const AnnotateJob = Workflow.make("AnnotateJob", {
  payload: { run: Schema.String },
  idempotencyKey: ({ run }) => run
})

/** Set by a worker that sees nothing of the job unfinished. */
export const JobDone = DurableDeferred.make("JobDone")

export const AnnotateJobLayer = AnnotateJob.toLayer((_, execution) =>
  Effect.gen(function* () {
    const jobPart = yield* JobPart.client
    const { getShardId } = yield* Sharding.Sharding
    const names = namesOfParts((name) => getShardId(EntityId.make(name), "default").id)
    yield* Effect.forEach(names, (name) => jobPart(name).ask({ execution }, { discard: true }), { discard: true })
    yield* DurableDeferred.await(JobDone)
  }).pipe(Effect.orDie)
)

/** A name for every part. Parts and shards are one to one, so that a worker gets as many parts as the others. */
const namesOfParts = (shardOf: (name: string) => number): ReadonlyArray<string> => {
  const names = new Map<number, string>()
  for (let n = 0; names.size < PARTS; n++) {
    const shard = shardOf(String(n))
    if (!names.has(shard)) names.set(shard, String(n))
  }
  return [...names.values()]
}
