import { checkLabelled, type DataReport as Findings } from "@nuner/classifier"
import {
  asWords,
  type DataOptionsInput,
  type DataReport,
  fromTags,
  InputError,
  type LabelledSentence,
  merged,
  sentenceKey,
  toTags
} from "@nuner/core"
import { InfeasibleError, mineSets } from "@nuner/miner"
import { intake } from "./intake.ts"

/** What a data file, or a folder of them, holds, and what is wrong with it. */
export interface FileCheck {
  readonly file: string
  /** In one line. */
  readonly summary: string
  readonly format: string
  readonly details: ReadonlyArray<string>
  readonly records: number
  readonly labelled: number
  /** Entities by type. */
  readonly entities: Readonly<Record<string, number>>
  /** Records that would be refused, or left out with `malformed: "skip"`, and the first of them. */
  readonly malformed: number
  readonly firstMalformed: ReadonlyArray<string>
  /** Records that the file itself leaves out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** What is read otherwise than it stands there: cut spans, merged duplicates. */
  readonly noted: Readonly<Record<string, number>>
  /** Records with entities that share words, or a span. */
  readonly overlapping: number
  /** Records whose text stands in the file before. */
  readonly repeated: number
  /** Neighbours of one type: what a scheme without B- merges, and the share of entities that is lost by it. */
  readonly neighbours: { readonly count: number; readonly lost: number }
  /** k of which a few-shot set can be mined. */
  readonly feasible: ReadonlyArray<number>
  readonly findings: Findings | undefined
  /** The error with which `fit` would end, read with the same options. Absent where it would not, and where nothing is labelled. */
  readonly refused?: string
}

const ks = [1, 2, 4, 8, 16, 32, 64]
/** Malformed records that are named. */
const NAMED = 5

/**
 * Reads each file, or all files of a folder, to the end, whatever is wrong in it. Those behind the first are test data of it: leakage is looked
 * for.
 */
export const checkData = async (
  paths: ReadonlyArray<string>,
  data: DataOptionsInput = {}
): Promise<Array<FileCheck>> => {
  const checks: Array<FileCheck> = []
  let train: ReadonlyArray<LabelledSentence> | undefined
  for (const path of paths) {
    const { check, sentences } = await checkOne(path, data, train)
    train ??= sentences
    checks.push(check)
  }
  return checks
}

const checkOne = async (path: string, data: DataOptionsInput, train: ReadonlyArray<LabelledSentence> | undefined) => {
  const firstMalformed: Array<string> = []
  let report: DataReport | undefined
  let summary = ""
  const door = intake({
    data: { onCut: "expand", overlap: "keep", ...given(data), malformed: "skip", allowEmpty: true },
    say: (line) => {
      summary = line
    },
    onRead: (one) => {
      report = one
    },
    out: {
      add: ({ message }) => {
        if (firstMalformed.length < NAMED) firstMalformed.push(message)
      },
      files: []
    }
  })
  const seen = new Set<string>()
  const labelled: Array<LabelledSentence> = []
  let repeated = 0
  let overlapping = 0
  for await (const document of door.documents(path)) {
    const key = sentenceKey(document.text ?? document.words!.join(" "))
    if (seen.has(key)) repeated++
    seen.add(key)
    if (document.entities === undefined) continue
    const sentence = asWords(document)
    const sorted = sentence.entities.toSorted((a, b) => a.start - b.start)
    if (sorted.some((entity, n) => n > 0 && entity.start < sorted[n - 1]!.end)) overlapping++
    labelled.push(sentence)
  }
  const { details, documents, dropped, entities, format, malformed, noted } = report!
  const findings =
    labelled.length === 0 ? undefined : train === undefined ? checkLabelled(labelled) : checkLabelled(train, labelled)
  const refused = report!.labelled === 0 ? undefined : await refusalOf(path, data)
  const check: FileCheck = {
    file: path,
    summary,
    format,
    details,
    records: documents,
    labelled: report!.labelled,
    entities: Object.fromEntries([...entities].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    malformed,
    firstMalformed,
    dropped: Object.fromEntries(dropped),
    noted: Object.fromEntries(noted),
    overlapping,
    repeated,
    neighbours: neighboursOf(labelled),
    feasible: ks.filter((k) => isFeasible(labelled, k)),
    findings,
    ...(refused !== undefined && { refused })
  }
  return { check, sentences: labelled.length === 0 ? undefined : labelled }
}

/** What is refused is read otherwise here, so that the rest is seen. */
const given = ({ onCut, overlap, ...data }: DataOptionsInput): DataOptionsInput => ({
  ...data,
  ...(onCut !== undefined && onCut !== "fail" && { onCut }),
  ...(overlap !== undefined && overlap !== "fail" && { overlap })
})

/** The error with which training on labelled data would end. */
const refusalOf = async (path: string, data: DataOptionsInput): Promise<string | undefined> => {
  try {
    await intake({ data }).dataset(path)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

/** Entities that touch one of their own type, and the share of all entities that is lost where they are written without B-. */
const neighboursOf = (sentences: ReadonlyArray<LabelledSentence>): FileCheck["neighbours"] => {
  let [count, total, lost] = [0, 0, 0]
  for (const { entities, words } of sentences) {
    total += entities.length
    if (merged(entities) === undefined) continue
    const sorted = entities.toSorted((a, b) => a.start - b.start)
    count += sorted.filter(
      ({ start, type }, n) => n > 0 && sorted[n - 1]!.end === start && sorted[n - 1]!.type === type
    ).length
    const kept = new Set(
      fromTags(toTags(entities, words.length, "IO"), "IO")!.map(({ end, start }) => `${start} ${end}`)
    )
    lost += entities.filter(({ end, start }) => !kept.has(`${start} ${end}`)).length
  }
  return { count, lost: total === 0 ? 0 : lost / total }
}

const isFeasible = (sentences: ReadonlyArray<LabelledSentence>, k: number): boolean => {
  if (!sentences.some(({ entities }) => entities.length > 0)) return false
  try {
    mineSets({ sentences, k, sets: 1, seed: 0 })
    return true
  } catch (error) {
    if (error instanceof InfeasibleError) return false
    throw error
  }
}
