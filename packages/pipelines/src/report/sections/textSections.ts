import { existsSync, readFileSync } from "node:fs"
import { alignAll } from "@nuner/aligner"
import { type AlignedSentence, fromSpans } from "@nuner/core"
import { type Section, type ShownSentence, sentences, table } from "@nuner/report"
import { intake } from "../../inputs/intake.ts"
import { readAligned } from "../../inputs/readAligned.ts"

/** Sentences of a page. */
const MOST = 10_000

/** What an LLM said, marked in the texts; what has no place in them; and what failed, with the provider's words. */
export const annotationSections = async (path: string): Promise<Array<Section>> => {
  const alignment = alignAll(intake({}).annotated(path))
  const shown = await marked(alignment)
  const { annotations, loss, mentions } = alignment.report()
  const failed = path.replace(/(\.jsonl)?$/, ".failed.jsonl")
  const failures = existsSync(failed) ? readFileSync(failed, "utf8").split("\n").filter(Boolean) : []
  return [
    {
      title: "Annotations",
      body: [
        table(
          ["annotations", "mentions in the texts", "without a place"],
          [[String(annotations), mentions, `${(100 * loss).toFixed(1)} %`]]
        ),
        sentences(shown)
      ]
    },
    ...(failures.length === 0 ? [] : [{ title: "Failures", body: [table(["sentence", "why"], failures.map(failure))] }])
  ]
}

/** Mentions in their texts. */
export const alignedSections = async (path: string): Promise<Array<Section>> => [
  { title: "Mentions", body: [sentences(await marked(readAligned([path])))] }
]

const marked = async (aligned: AsyncIterable<AlignedSentence>): Promise<Array<ShownSentence>> => {
  const shown: Array<ShownSentence> = []
  for await (const { mentions, text, unaligned = [] } of aligned) {
    if (shown.length >= MOST) continue
    const spans = mentions.map(({ concept, end, start }) => ({ start, end, type: concept }))
    const { sentence } = fromSpans(text, spans, { onCut: "expand" })
    const lost = unaligned.map(({ concept, entity, reason }) => `${entity} (${concept}): ${reason}`).join("; ")
    shown.push({ ...sentence, ...(lost !== "" && { note: `without a place: ${lost}` }) })
  }
  return shown
}

const failure = (line: string): [string, string] => {
  const { id, text, ...why } = JSON.parse(line) as Readonly<Record<string, unknown>>
  return [
    String(text ?? id),
    Object.entries(why)
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join("; ")
  ]
}
