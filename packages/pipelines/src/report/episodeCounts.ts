import type { Counts } from "@nuner/metrics"
import type { EpisodeOutcome, MatchCounts } from "@nuner/tadner"

/** Counts of episodes as the bootstrap takes them: an episode a unit. A crashed one counts nothing, so that every run has the same units. */
export const episodeCounts = <A extends EpisodeOutcome>(
  records: ReadonlyArray<A>,
  of: (record: A) => MatchCounts = ({ counts }) => counts
): Counts => {
  const column = (key: keyof MatchCounts) =>
    Int32Array.from(records, (record) => (record.crashed ? 0 : of(record)[key]))
  return {
    ...{ units: records.length, types: ["entity"], allTypes: false },
    starts: Int32Array.from({ length: records.length + 1 }, (_, i) => i),
    typeOf: new Int32Array(records.length),
    ...{ correct: column("correct"), predicted: column("predicted"), gold: column("gold") }
  }
}
