import { readdir, readFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { InputError, readJsonl } from "@nuner/core"
import { type EpisodeOutcome, EpisodeRecord } from "./EpisodeRecord.ts"

/** A part of the episodes, for one of several processes: those whose index leaves the remainder `index` when divided by `of`. */
export interface Shard {
  readonly index: number
  readonly of: number
}

/** The file that a shard writes beside the results of the whole: `results.shard-0-of-4.jsonl`. */
export const shardPath = (results: string, { index, of }: Shard): string =>
  of === 1 ? results : `${stem(results)}.shard-${index}-of-${of}.jsonl`

const stem = (results: string): string => results.replace(/\.jsonl$/, "")

/**
 * The results of a run so far, by index, from its file and those of all its shards. A last line that was not written whole is passed over.
 *
 * @throws InputError for a damaged line
 */
export const readResults = (results: string): Promise<Array<EpisodeRecord>> => read(results, (record) => record)

/** As `readResults`, without the entities: thousands of episodes fit in memory. */
export const readOutcomes = (results: string): Promise<Array<EpisodeOutcome>> =>
  read(results, ({ gold: _, predicted: __, ...outcome }) => outcome)

const read = async <A extends EpisodeOutcome>(
  results: string,
  keep: (record: EpisodeRecord) => A
): Promise<Array<A>> => {
  const found = new Map<number, A>()
  for (const path of await filesOf(results)) {
    const text = await readFile(path, "utf8")
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    for await (const record of readJsonl({ name: path, text: whole }, EpisodeRecord)) {
      const other = found.get(record.index)
      if (other !== undefined && other.fingerprint !== record.fingerprint) throw strange(path, record.index)
      found.set(record.index, other ?? keep(record))
    }
  }
  return [...found.values()].sort((a, b) => a.index - b.index)
}

const filesOf = async (results: string): Promise<Array<string>> => {
  const name = basename(stem(results))
  const names = await readdir(dirname(results)).catch((): Array<string> => [])
  const isShard = (file: string) =>
    file.startsWith(`${name}.shard-`) && /^\d+-of-\d+\.jsonl$/.test(file.slice(name.length + 7))
  return names
    .filter((file) => file === basename(results) || isShard(file))
    .sort()
    .map((file) => join(dirname(results), file))
}

/** Two runs in one place. */
export const strange = (path: string, index: number): InputError =>
  new InputError({
    source: path,
    field: `episode ${index}`,
    reason: "is a result of other settings, precision, weights, names or episodes",
    remedy: "name another results file, or remove this one"
  })
