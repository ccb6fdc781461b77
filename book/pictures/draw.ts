/** Draws the pictures of `docs/method.md` into `docs/pictures`, from the quickstart's corpus and the encoder in the box: `bun book/pictures/draw.ts`. */
import { join, resolve } from "node:path"
import { align } from "@nuner/aligner"
import { parseLines } from "@nuner/annotator"
import { readResponses } from "@nuner/core"
import { encode, fromPretrained } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { path as conceptsPath } from "@nuner/mini-concepts"
import { conceptFrequencies } from "@nuner/sampler"
import { tenLines } from "../../scripts/lib/tenLines.ts"
import { alignPicture, annotatePicture, fitPicture, pretrainPicture, samplePicture } from "./stages.ts"

const repository = resolve(import.meta.dir, "../..")

/** Of the stages that need no encoder, by the names of their files. */
export const drawData = async (): Promise<Record<string, string>> => {
  const answers = readResponses(join(repository, "examples/quickstart/data/answers.jsonl"))
  const annotated = (await Array.fromAsync(answers)).map(({ id, response, text }) => ({
    ...{ id, text },
    annotations: parseLines(response).annotations
  }))
  const aligned = annotated.map((sentence) => align(sentence))
  const { output, program } = tenLines(await Bun.file(join(repository, "README.md")).text())
  const found = output
    .trim()
    .split("\n")
    .map((line) => line.split(": "))
  return {
    "method-annotate": annotatePicture(annotated[0]!),
    "method-align": alignPicture(aligned[0]!),
    "method-sample": samplePicture(conceptFrequencies(aligned), aligned.slice(1, 3)),
    "method-fit": fitPicture(
      found.map(([text = "", type = ""]) => ({ text, type })),
      /predict\(\["(.*?)"\]/.exec(program)?.[1] ?? ""
    )
  }
}

/** Of pre-training: what the encoder in the box and its concept encoder make of a sentence. */
export const drawProbabilities = async (): Promise<string> => {
  await useEngine()
  const scorer = await Bun.file(join(conceptsPath, "scorer.json")).json()
  const encoder = await fromPretrained("mini")
  const conceptEncoder = await fromPretrained("mini-concepts")
  const concepts = ["person", "company", "city", "date", "money"]
  const [sentence] = await Array.fromAsync(
    encode(encoder, ["Ada Pereira sold Halden in Rotterdam for $412 million on Monday"], { pooling: "word" })
  )
  const names = await Array.fromAsync(encode(conceptEncoder, concepts, { pooling: "mean" }))
  const { offsets, text, values, width } = sentence!
  const probabilities = offsets.map((_, row) =>
    names.map(({ values: name }) => {
      const dot = name.reduce((sum, value, i) => sum + value * values[row * width + i]!, 0)
      return 1 / (1 + Math.exp(-(dot / scorer.temperature + scorer.bias)))
    })
  )
  encoder.dispose()
  conceptEncoder.dispose()
  return pretrainPicture(
    offsets.map(({ end, start }) => text.slice(start, end)),
    concepts,
    probabilities
  )
}

if (import.meta.main) {
  const pictures = { ...(await drawData()), "method-pretrain": await drawProbabilities() }
  for (const [name, svg] of Object.entries(pictures))
    await Bun.write(join(repository, "docs/pictures", `${name}.svg`), svg)
  console.log(`drew ${Object.keys(pictures).join(", ")}`)
}
