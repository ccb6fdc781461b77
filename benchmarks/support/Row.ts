/** One measured comparison. What `bun run bench --json` prints, one object a line. */
export interface Row {
  /** The benchmark's name: its file's. */
  readonly bench: string
  /** What ran, and on which input: "mineSets k=16, MIT Movie". */
  readonly case: string
  /** What was measured, with its unit: "sentences/s", "ms", "MiB". */
  readonly metric: string
  /** `null` where ours could not be measured; `note` says why. */
  readonly ours: number | null
  /** `null` where there is no peer to compare with; `note` says why. */
  readonly peer: number | null
  /** "python3 (standard library)". */
  readonly peerName: string
  /** How many times better ours is: above 1 whichever way the metric points. `null` where either side is missing. */
  readonly ratio: number | null
  /** What a reader must know to believe the row. */
  readonly note?: string
}

/** What a file `benchmarks/<name>.ts` exports by default. Rows are printed as they come. */
export interface Benchmark {
  readonly name: string
  run(): Promise<ReadonlyArray<Row>> | AsyncIterable<Row>
}

/** The ratio of two times (or sizes): less is better. */
export const lessIsBetter = (ours: number | null, peer: number | null): number | null =>
  ours === null || peer === null || ours === 0 ? null : peer / ours

/** The ratio of two rates: more is better. */
export const moreIsBetter = (ours: number | null, peer: number | null): number | null =>
  ours === null || peer === null || peer === 0 ? null : ours / peer
