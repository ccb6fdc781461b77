/**
 * The main job on texts that come with the project: raw text -> LLM annotations -> spans -> concepts -> a NER encoder -> few-shot
 * classifiers, measured against the encoder it started from. No key, no network, no GPU: the LLM's answers are recorded.
 *
 *     bun run quickstart
 *     bun run quickstart --provider openai --model gpt-4o-mini     # asks a real LLM; OPENAI_API_KEY must be set
 *     bun run quickstart --provider anthropic --model claude-3-5-haiku
 */
import { join, relative } from "node:path"
import { parseArgs } from "node:util"
import { markText } from "@nuner/core"
import { Progress, predictStage, runAll } from "@nuner/pipelines"
import { Effect } from "effect"

const here = import.meta.dir
const { values } = parseArgs({
  options: {
    provider: { type: "string", default: "recorded" },
    model: { type: "string" },
    out: { type: "string", default: join(here, "../../.nuner/quickstart") }
  }
})
const fail = (reason: string): never => {
  console.error(`error: ${reason}`)
  process.exit(1)
}
const provider =
  (["recorded", "openai", "anthropic"] as const).find((name) => name === values.provider) ??
  fail(`--provider ${values.provider}: choose recorded, openai or anthropic`)
const model = values.model ?? (provider === "recorded" ? "recorded" : fail(`--provider ${provider} needs a --model`))

const data = join(here, "data")
const out = values.out
const labelled = { train: join(data, "labelled/train.jsonl"), test: join(data, "labelled/test.jsonl") }
const show = (path: string): string => relative(process.cwd(), path) || "."

const quickstart = Effect.gen(function* () {
  const started = performance.now()
  console.log("nuner quickstart: raw text to a NER encoder and a few-shot NER model\n")
  const { concepts, encoder, base, tasks } = yield* runAll({
    out,
    annotate: {
      input: join(data, "texts"),
      provider,
      model,
      ...(provider === "recorded" ? { answers: join(data, "answers.jsonl") } : {})
    },
    base: {
      inputs: [join(data, "texts"), labelled.train],
      hidden: 128,
      layers: 2,
      vocabSize: 2000,
      tokens: 300_000,
      causal: 1,
      seed: 1
    },
    pretrain: { preset: "small", epochs: 10, seed: 1 },
    tasks: [{ name: "events", ...labelled }],
    ks: [1, 2, 4, 8, 16],
    sets: 5,
    seed: 1
  })
  const task = tasks[0]!
  console.log(`\nHow much of the annotations the most frequent concepts carry:\n\n${concepts}`)
  console.log(
    "\nF1 on 164 test sentences after seeing k to 2k examples of each of 6 types (mean ± standard deviation of 5 sets)."
  )
  console.log("NuNER is the base after contrastive pre-training; both are frozen under a linear probe:\n")
  console.log(task.table)
  console.log("A classifier fitted on all training sentences says:\n")
  yield* predictStage({
    model: task.model,
    texts: [
      "Miriam Castellano reads from her new novel at the Old Granary in Bristol on Friday, tickets £12.",
      "The Harbour Ensemble played Debussy at St. Luke's Church, and nobody left before the encore.",
      "Doors open at seven on 3 March; the film club shows Metropolis for five euros."
    ],
    minScore: 0,
    onPrediction: ({ entities, text }) => console.log(`  ${markText(text, entities)}`)
  })
  console.log(`
What was made, under ${show(out)}:
  annotated.jsonl        what the LLM said of each sentence
  aligned.jsonl          where it stands in the text
  base, nuner            the encoder before and after pre-training: Hugging Face directories
  events/probes.jsonl    every probe's scores
  events/model           a NER model: encoder and head, loads in transformers and transformers.js
Each has a manifest beside it; running this again keeps what is up to date. Took ${((performance.now() - started) / 1000).toFixed(0)} s.

Next:
  bun run nuner predict ${show(task.model)} "Your own text."
  bun run nuner finetune your-labels.jsonl --encoder ${show(encoder)} --out my-model
  bun run nuner probe --encoder ${show(base)} --encoder ${show(encoder)} --train train.jsonl --test test.jsonl --out probes.jsonl
This encoder is a toy: two small layers and ${"459"} sentences. The README says how to start from RoBERTa.`)
})

await Effect.runPromise(quickstart.pipe(Effect.provide(Progress.stderr))).catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error))
)
