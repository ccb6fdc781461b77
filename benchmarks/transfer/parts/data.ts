import { writeJsonl } from "@nuner/core"
import { sampleSentences } from "@nuner/miner"
import { readDataset } from "@nuner/pipelines"
import { aligned, annotated, annotatedHumanText, heldBack } from "../datasets.ts"
import { type Experiment, nuner, type Step } from "../Experiment.ts"

/** Training and dev data of all parts: recorded answers annotated and aligned, sentences held back. */
export const data = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data: place } = experiment
  return [
    ...([...annotated, annotatedHumanText] as const).flatMap((name) => {
      const [answers, out] = [place(`llm-annotated/${name}.jsonl`), at(`data/${name}.jsonl`)]
      // An empty answer is one: the LLM found nothing there.
      const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers, "--empty-is-nothing"]
      return [
        nuner(`data/${name}`, 0.03, ["annotate", answers, "-o", out, ...recorded]),
        nuner(`data/${name}.aligned`, 0.01, ["align", out, "-o", aligned(experiment, name)])
      ]
    }),
    ...heldBack.map((name) => ({
      ...{ name: `data/${name}.dev`, hours: 0.01, what: "1,000 training sentences held back" },
      run: async () => {
        const sentences = await readDataset(place(`few-shot/${name}/train.bio`))
        const dev = new Set(sampleSentences({ sentences, size: 1000, seed: 0 }))
        await writeJsonl(at(`data/${name}.dev.jsonl`), [...dev])
        await writeJsonl(
          at(`data/${name}.rest.jsonl`),
          sentences.filter((sentence) => !dev.has(sentence))
        )
      }
    }))
  ]
}
