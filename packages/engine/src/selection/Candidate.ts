import type { OpenGraph } from "../graph/GraphSession.ts"
import type { EngineName, Precision } from "./EngineReport.ts"

/** What is known of an engine once it is up. */
export interface Loaded {
  readonly version: string
  /** 0 where the engine decides for itself. */
  readonly threads: number
  /** What would make it faster here, where something would. */
  readonly faster?: string
  /** Why it is taken only where it is asked for by name, where that is known only now. */
  readonly doubt?: string
}

/** How one engine is brought up. */
export interface Candidate {
  readonly name: EngineName
  /** The name of its tfjs backend. */
  readonly backend: string
  /** What to run to get it, where it is not there. */
  readonly remedy?: string
  /** Why it is taken here only where it is asked for by name: a fault of a library that is called directly ends the process. */
  unproven?(): string | undefined
  /** Registers the tfjs backend, made ready for this precision. Throws where it cannot run here. */
  load(threads: number, precision: Precision): Promise<Loaded>
  /**
   * Sets how products are computed and names the library that does it, where it is another. Absent where there is fp32 only.
   * Throws where this precision cannot be had here.
   */
  setPrecision?(precision: Precision): string | undefined
  /** Compiles whole networks for reading. Absent where tensors are as fast, or the reference. @throws where it cannot be had here. */
  graphs?(threads: number): Promise<OpenGraph>
}
