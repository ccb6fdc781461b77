/**
 * Alignment of the 8,600 sentences that an LLM annotated, against the plain Python way with the same policy and normalisation. Both are
 * timed inside their process, after reading the input. A row is only printed when both sides found the same mentions.
 */
import { join } from "node:path"
import { type AlignReport, aligner } from "@nuner/aligner"
import { type AlignedSentence, type AnnotatedSentence, offsetMap, readResponses } from "@nuner/core"
import { dataDir } from "@nuner/testing"
import { medianTime } from "./support/median.ts"
import { type PythonResult, runPython } from "./support/python.ts"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

interface PeerResult {
  readonly seconds: number
  readonly exact: number
  readonly normalised: number
  readonly unaligned: number
  readonly spans: ReadonlyArray<number>
}

const read = async (directory: string): Promise<Array<AnnotatedSentence>> => {
  const sentences: Array<AnnotatedSentence> = []
  for await (const { id, text, response } of readResponses(join(directory, "llm-annotated/c4-annotated.jsonl"))) {
    const lines = response.split("\n").filter((line) => line.includes(" <> "))
    const annotations = lines.map((line) => {
      const [entity, concept] = line.split(" <> ")
      return { entity: entity!, concept: concept! }
    })
    sentences.push({ id, text, annotations })
  }
  return sentences
}

/** The mentions as the peer gives them: in code points. */
const spansOf = (aligned: ReadonlyArray<AlignedSentence>): Array<number> =>
  aligned.flatMap(({ text, mentions }, i) => {
    const { fromUtf16 } = offsetMap(text, "codepoints")
    return mentions.flatMap(({ start, end }) => [i, fromUtf16(start)!, fromUtf16(end)!])
  })

/** @throws Error when the two sides differ: then the times say nothing. */
const checkAgreement = (report: AlignReport, spans: ReadonlyArray<number>, peer: PeerResult): void => {
  const ours = [report.exact, report.normalised, report.annotations - report.exact - report.normalised]
  const theirs = [peer.exact, peer.normalised, peer.unaligned]
  if (ours.join() !== theirs.join())
    throw new Error(`aligner: ours ${ours}, Python ${theirs} (exact, normalised, unaligned)`)
  const at = spans.findIndex((value, i) => value !== peer.spans[i])
  if (at >= 0 || spans.length !== peer.spans.length)
    throw new Error(`aligner: the mentions differ at ${Math.floor(at / 3)}`)
}

const compare = async (name: string, sentences: ReadonlyArray<AnnotatedSentence>): Promise<Array<Row>> => {
  const { ms, result } = await medianTime(
    () => {
      const { align, report } = aligner()
      return { aligned: sentences.map(align), report }
    },
    { warmups: 5, repeats: 31 }
  )
  const report = result.report()
  const input = {
    sentences: sentences.map(({ text, annotations }) => [text, annotations.map((a) => [a.entity, a.concept])]),
    repeats: 5
  }
  const python: PythonResult<Record<"re" | "find", PeerResult>> = await runPython("aligner.py", input)
  const ours = (sentences.length / ms) * 1000
  const row = (peer: number | null, peerName: string, note: string): Row => ({
    bench: "aligner",
    case: name,
    metric: "sentences/s",
    ours,
    peer,
    peerName,
    ratio: moreIsBetter(ours, peer),
    note
  })
  if (python.skipped) return [row(null, "python3 re", python.reason)]
  const spans = spansOf(result.aligned)
  return (["re", "find"] as const).map((way) => {
    const peer = python.output[way]
    checkAgreement(report, spans, peer)
    const counts = `${report.exact} exact, ${report.normalised} normalised, ${peer.unaligned} unaligned`
    const peerName = way === "re" ? "python3 re" : "python3 str.find, by hand"
    return row(sentences.length / peer.seconds, peerName, `same ${report.mentions} mentions on both sides: ${counts}`)
  })
}

const benchmark: Benchmark = {
  name: "aligner",
  async *run() {
    const directory = dataDir()
    if (directory === undefined) {
      const note = "skipped: no data; set NUNER_DATA"
      yield {
        bench: "aligner",
        case: "C4",
        metric: "sentences/s",
        ours: null,
        peer: null,
        peerName: "python3 re",
        ratio: null,
        note
      }
      return
    }
    const sentences = await read(directory)
    yield* await compare("C4 answers as received", sentences)
    const shouted = sentences.map((sentence) => ({
      ...sentence,
      annotations: sentence.annotations.map((annotation) => ({
        ...annotation,
        entity: annotation.entity.toUpperCase()
      }))
    }))
    yield* await compare("C4 answers in upper case (normalised)", shouted)
  }
}
export default benchmark
