import { type Counts, type DataOptionsInput, type Episode, InputError, readEpisodes } from "@nuner/core"
import { type EpisodeFileReport, type EpisodeProblem, mineEpisodes, validateEpisodeFile } from "@nuner/miner"
import { type IntakeOptions, intake } from "../../inputs/intake.ts"

/** Where episodes come from: a published file, or mined here from a labelled dataset. */
export interface EpisodeSource {
  readonly count: number
  /** From the first one, each time. */
  readonly episodes: () => Iterable<Episode> | AsyncIterable<Episode>
  /** In one line. */
  readonly description: string
  /** Of a published file. */
  readonly file?: EpisodeFileReport
  /** Of a published file, by index of an episode. */
  readonly valid?: ReadonlyArray<boolean>
  /** Of a labelled dataset. */
  readonly records?: Counts
}

export interface EpisodeSourceOptions {
  /** A file of episodes (Few-NERD's JSON Lines); with `n`, a labelled dataset to mine them from. */
  readonly input: string
  /** Types of a mined episode. */
  readonly n?: number
  /** Entities of each type: k to 2k in the support. */
  readonly k: number
  /** The same in the query. Default: k. */
  readonly q?: number
  /** Episodes to mine. */
  readonly count: number
  readonly mineSeed: number
  /** How a labelled dataset is read. */
  readonly data?: DataOptionsInput
}

/** @throws InputError, InfeasibleError */
export const episodeSource = async (
  options: EpisodeSourceOptions,
  reading: Pick<IntakeOptions, "say" | "out"> = {}
): Promise<EpisodeSource> => {
  const { count, data, input, k, mineSeed, n, q } = options
  if (n === undefined) {
    const bytes = await Bun.file(input)
      .bytes()
      .catch((): never => {
        throw new InputError({ source: input, reason: "cannot be read", remedy: "check the path" })
      })
    const file = validateEpisodeFile({ name: input, bytes, k, ...(q === undefined ? {} : { q }) })
    if (file.episodes === 0) throw new InputError({ source: input, reason: "has no episodes" })
    const { line, message } = file.invalid.flatMap(({ line, problems }) =>
      problems.filter(isUnusable).map(({ message }) => ({ line, message }))
    )[0] ?? { line: 0, message: "" }
    if (line > 0) {
      const remedy = "one Few-NERD episode a line; to mine episodes from labelled sentences give --n"
      throw new InputError({ source: input, line, reason: message, remedy })
    }
    const description = `${file.episodes} episodes of ${input}, checked as ${k}~${2 * k}-shot`
    return {
      ...{ count: file.episodes, episodes: () => readEpisodes(input), description, file },
      valid: validOf(bytes, file)
    }
  }
  const door = intake({ ...reading, data })
  const sentences = await door.dataset(input)
  const mined = [
    ...mineEpisodes({ sentences, n, k, episodes: count, seed: mineSeed, ...(q === undefined ? {} : { q }) })
  ]
  const description = `${count} ${n}-way ${k}~${2 * k} episodes mined from ${input}, seed ${mineSeed}`
  return { count, episodes: () => mined, description, records: door.counts() }
}

/** What cannot be run, told before anything is. Anything else that is wrong with an episode is in the report. */
const isUnusable = ({ kind, side }: EpisodeProblem): boolean =>
  kind === "shape" ||
  kind === "length" ||
  kind === "types" ||
  (side === "support" && (kind === "unlisted" || kind === "unlabelled"))

const validOf = (bytes: Uint8Array, { invalid }: EpisodeFileReport): Array<boolean> => {
  const wrong = new Set(invalid.map(({ line }) => line))
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((text, i) => (text.trim() === "" ? [] : [!wrong.has(i + 1)]))
}
