import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { AnnotatedSentence, readJsonl, writeAtomic, writeJsonl } from "@nuner/core"
import { sampleSentences } from "@nuner/miner"
import { readDataset } from "@nuner/pipelines"
import { heldBack } from "../datasets.ts"
import { type Experiment, nuner, type Step } from "../Experiment.ts"

/** Files of an LLM's annotations: name -> what it is made of. */
const sources = {
  all: ["c4-annotated", "c4-annotated-2", "masc-annotated"],
  c4: ["c4-annotated", "c4-annotated-2"],
  "ner-bert-text": ["ner-bert-text-annotated"]
} as const

/** Training and dev data of all parts: recorded answers annotated and aligned, sentences held back. */
export const data = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data: place } = experiment
  const step = (name: string, what: string, run: () => Promise<void>): Step => ({ name, hours: 0, what, run })
  const annotated = (name: string) => at(`data/${name}.annotated.jsonl`)
  const align = (name: string) =>
    nuner(`data/${name}.aligned`, 0.01, ["align", annotated(name), "-o", at(`data/${name}.aligned.jsonl`)])
  return [
    ...Object.entries(sources).flatMap(([name, files]) => {
      const answers = at(`data/${name}.answers.jsonl`)
      // An empty answer is one: the LLM found nothing there.
      const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers, "--empty-is-nothing"]
      return [
        step(`data/${name}.answers`, files.join(" + "), async () => {
          mkdirSync(dirname(answers), { recursive: true })
          const texts = files.map((file) => Bun.file(place(`llm-annotated/${file}.jsonl`)).text())
          await writeAtomic(
            answers,
            (await Promise.all(texts)).map((text) => `${text.trimEnd()}\n`)
          )
        }),
        nuner(`data/${name}.annotated`, 0.03, ["annotate", answers, "-o", annotated(name), ...recorded]),
        align(name)
      ]
    }),
    step("data/descriptions.annotated", "concepts of c4 replaced by their descriptions", async () => {
      await writeJsonl(annotated("descriptions"), described(annotated("c4")))
    }),
    align("descriptions"),
    ...heldBack.map((name) =>
      step(`data/${name}.dev`, "1,000 training sentences held back", async () => {
        const sentences = await readDataset(place(`few-shot/${name}/train.bio`))
        const dev = new Set(sampleSentences({ sentences, size: 1000, seed: 0 }))
        await writeJsonl(at(`data/${name}.dev.jsonl`), [...dev])
        await writeJsonl(
          at(`data/${name}.rest.jsonl`),
          sentences.filter((sentence) => !dev.has(sentence))
        )
      })
    )
  ]
}

/** Each annotation under its description; those without one are left out. */
async function* described(path: string) {
  for await (const sentence of readJsonl(path, AnnotatedSentence)) {
    const annotations = sentence.annotations.flatMap(({ description, entity }) =>
      description === undefined ? [] : [{ entity, concept: description }]
    )
    yield { ...sentence, annotations }
  }
}
