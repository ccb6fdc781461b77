import { createHash } from "node:crypto"
import { isObject, isStrings } from "@nuner/core"
import type { EpisodeProblem, EpisodeShape } from "./EpisodeProblem.ts"
import { type Counted, keyOf, problemsOf } from "./validateEpisode.ts"

/** A published file of episodes, and which of them are none. Two versions of one file give different scores: the hash says which it was. */
export interface EpisodeFileReport {
  readonly name: string
  readonly bytes: number
  /** Of the bytes, hexadecimal. */
  readonly sha256: string
  readonly episodes: number
  readonly valid: number
  /** Episodes with a problem of the kind, by kind, sorted. */
  readonly problems: Readonly<Record<string, number>>
  readonly invalid: ReadonlyArray<{
    /** Of the file, 1-based. */
    readonly line: number
    readonly problems: ReadonlyArray<EpisodeProblem>
  }>
}

export interface EpisodeFile extends EpisodeShape {
  /** For the report. */
  readonly name: string
  /** The file as it lies on the disk, unpacked. */
  readonly bytes: Uint8Array
}

/**
 * Validates every episode of a file in Few-NERD's format: a line `{"support": {"word": [[..]], "label": [[..]]}, "query": {..},
 * "types": [..]}` an episode, labels without prefixes, so that what counts is a maximal run of one label.
 */
export const validateEpisodeFile = ({ name, bytes, ...shape }: EpisodeFile): EpisodeFileReport => {
  const decoder = new TextDecoder()
  const invalid: Array<{ line: number; problems: ReadonlyArray<EpisodeProblem> }> = []
  const kinds = new Map<string, number>()
  let line = 0
  let episodes = 0
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start)
    const end = newline === -1 ? bytes.length : newline
    const text = decoder.decode(bytes.subarray(start, end)).trim()
    start = end + 1
    line++
    if (text === "") continue
    episodes++
    const problems = recordProblems(text, shape)
    if (problems.length === 0) continue
    invalid.push({ line, problems })
    for (const kind of new Set(problems.map(({ kind }) => kind))) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return {
    name,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    episodes,
    valid: episodes - invalid.length,
    problems: Object.fromEntries([...kinds].sort(([a], [b]) => (a < b ? -1 : 1))),
    invalid
  }
}

const recordProblems = (text: string, shape: EpisodeShape): ReadonlyArray<EpisodeProblem> => {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return [{ kind: "shape", message: "not JSON" }]
  }
  const { types, support, query } = isObject(record) ? record : {}
  if (!isStrings(types)) return [{ kind: "shape", message: '"types" is no list of strings' }]
  const problems: Array<EpisodeProblem> = []
  const read = (side: "support" | "query", value: unknown): ReadonlyArray<Counted> => {
    const { word, label } = isObject(value) ? value : {}
    if (!isLists(word) || !isLists(label)) {
      problems.push({ kind: "shape", side, message: `${side}: no lists of words and labels` })
      return []
    }
    if (word.length !== label.length || word.some((words, i) => words.length !== label[i]!.length)) {
      problems.push({ kind: "length", side, message: `${side}: words and labels differ in number` })
      return []
    }
    return word.map((words, i) => ({ key: keyOf(words), counts: runs(label[i]!) }))
  }
  const sides = [read("support", support), read("query", query)] as const
  return problems.length > 0 ? problems : problemsOf(types, ...sides, shape)
}

/** Maximal runs of each label but "O". */
const runs = (labels: ReadonlyArray<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  labels.forEach((label, i) => {
    if (label !== "O" && label !== labels[i - 1]) counts.set(label, (counts.get(label) ?? 0) + 1)
  })
  return counts
}

const isLists = (value: unknown): value is ReadonlyArray<ReadonlyArray<string>> =>
  Array.isArray(value) && value.every(isStrings)
