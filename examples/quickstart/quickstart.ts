/**
 * The first minute. A NER model for types that it never saw, from 8 examples of each, with the encoder in the box; then the main job on texts that come with
 * the project: raw text -> LLM annotations -> spans -> concepts -> the encoder trained further -> few-shot classifiers, measured against the encoder it
 * started from. No key, no network, no GPU: the LLM's answers are recorded.
 *
 *     bun run quickstart
 *     bun run quickstart --provider openai --model gpt-4o-mini     # asks a real LLM; OPENAI_API_KEY must be set
 *     bun run quickstart --provider anthropic --model claude-3-5-haiku --max-cost 1 --batch   # every flag of nuner annotate
 *     bun run quickstart --json                                    # ends with one line of numbers
 *     bun run quickstart --picture docs/first-minute.svg           # the README's picture: what it marks
 */
import { join, relative } from "node:path"
import { parseArgs } from "node:util"
import type { FewShotModel, TextEntity } from "@nuner/classifier"
import { markText, readJsonl } from "@nuner/core"
import { annotationFlags, Progress, reportStage, runAll } from "@nuner/pipelines"
import { Effect, Schema } from "effect"
import { baseF1, fewShotF1 } from "./fewShotF1.ts"
import { picture } from "./picture.ts"

const here = import.meta.dir
const own = { out: { type: "string" }, json: { type: "boolean" }, picture: { type: "string" } } as const
const args = process.argv.slice(2)
const { tokens, values } = parseArgs({ args, options: own, strict: false, tokens: true })
/** All others are flags of `nuner annotate`: who is asked, how fast, how dear. */
const asking = args.filter(
  (_, i) =>
    !tokens.some(
      (token) =>
        token.kind === "option" &&
        Object.hasOwn(own, token.name) &&
        (token.index === i || (token.index === i - 1 && token.value !== undefined && !token.inlineValue))
    )
)
const fail = (reason: string): never => {
  console.error(`error: ${reason}`)
  process.exit(1)
}

const data = join(here, "data")
const out = typeof values.out === "string" ? values.out : join(here, "../../.nuner/quickstart")
const recorded = ["--provider", "recorded", "--model", "recorded", "--answers", join(data, "answers.jsonl")]
const labelled = { train: join(data, "labelled/train.jsonl"), test: join(data, "labelled/test.jsonl") }
const show = (path: string): string => relative(process.cwd(), path) || "."
const points = (value: number): string => value.toFixed(1)

const texts = [
  "Miriam Castellano reads from her new novel at the Old Granary in Bristol on Friday, tickets £12.",
  "The Harbour Ensemble played Debussy at St. Luke's Church, and nobody left before the encore.",
  "Doors open at seven on 3 March; the film club shows Metropolis for five euros."
]

/** A colour for each type on a terminal, brackets elsewhere. */
const marked = (text: string, entities: ReadonlyArray<TextEntity>, types: ReadonlyArray<string>): string => {
  if (!process.stdout.isTTY) return markText(text, entities)
  let line = ""
  let at = 0
  for (const { end, start, type } of entities) {
    const colour = 41 + (types.indexOf(type) % 6)
    line += `${text.slice(at, start)}\u001b[${colour};97m ${text.slice(start, end)} \u001b[2m${type} \u001b[0m`
    at = end
  }
  return line + text.slice(at)
}

/** Five models from 8 examples a type, and the first one's view of a few sentences. */
const firstMinute = async (): Promise<number> => {
  let first: FewShotModel | undefined
  const { entityF1, sets } = await fewShotF1("mini", async (fitted) => {
    if (first !== undefined) return
    first = fitted
    const types = [...new Set(fitted.head.classes.map((name) => name.replace(/^[BI]-/, "")))].filter(
      (name) => name !== "O"
    )
    const found = await fitted.predict(texts)
    if (typeof values.picture === "string") {
      const shown = texts.map((text, i) => ({ text, entities: found[i]! }))
      await Bun.write(values.picture, picture(shown, types))
    }
    for (const [i, text] of texts.entries()) console.log(`  ${marked(text, found[i]!, types)}`)
    const { expected } = fitted
    if (expected === undefined) return
    const [f1, low, high] = [expected.f1, expected.low, expected.high].map((value) => (100 * value).toFixed(0))
    console.log(
      `\n  It expected an entity F1 of ${f1} (${low} to ${high}) by its own ${expected.examples} examples, each held out once.`
    )
  })
  console.log(
    `  Entity F1 on 164 test sentences, five such sets: ${points(entityF1)} (${sets.map(points).join(", ")}).`
  )
  return entityF1
}

const Probe = Schema.Struct({ encoder: Schema.String, entityMicroF1: Schema.Finite })

const quickstart = Effect.gen(function* () {
  const started = performance.now()
  const annotate = yield* annotationFlags(
    "quickstart",
    asking.some((arg) => arg.startsWith("--provider")) ? asking : [...recorded, ...asking]
  )
  console.log("nuner quickstart: a NER model for six types that the encoder never saw, from 8 examples of each\n")
  const nuner = yield* Effect.promise(firstMinute)
  const base = yield* Effect.promise(baseF1)
  const measured = base?.measured ? "measured now" : "as recorded when mini was made"
  console.log(
    base === undefined
      ? "  The encoder that mini was made from is not here: set NUNER_MODELS to measure it."
      : `  The encoder that mini was made from, the same way: ${points(base.entityF1)} (${measured}).`
  )
  console.log("\nThe main job: 459 sentences annotated by an LLM, and mini trained further on them\n")
  const { concepts, encoder, tasks } = yield* runAll({
    out,
    annotate: { input: join(data, "texts"), ...annotate },
    base: "mini",
    // Small batches, and adapters in place of all weights, for the memory of a laptop: the rates of benchmarks/lora.
    pretrain: { preset: "adapt", batchSize: 8, loraRank: 8, learningRate: 1e-3, seed: 1 },
    tasks: [{ name: "events", ...labelled }],
    ks: [8],
    sets: 5,
    seed: 1
  })
  const task = tasks[0]!
  const runs = yield* Effect.promise(() => Array.fromAsync(readJsonl(join(out, "events/probes.jsonl"), Probe)))
  const mean = (name: string) => {
    const own = runs.filter((run) => run.encoder === name)
    return own.reduce((sum, run) => sum + run.entityMicroF1, 0) / own.length
  }
  const gain = mean("NuNER") - mean("base")
  console.log(`\nHow much of the annotations the most frequent concepts carry:\n\n${concepts}`)
  console.log(
    "\nF1 on 164 test sentences from 8 to 16 examples of each of 6 types (mean ± standard deviation of 5 sets), by the paper's"
  )
  console.log(
    "probe: a linear layer on the last hidden state. The base is mini, NuNER is mini after these sentences:\n"
  )
  console.log(task.table)
  console.log(`Gain in entity F1: ${gain < 0 ? "" : "+"}${points(gain)}`)
  const report = join(out, "report.html")
  yield* reportStage({ runs: [out, join(out, "events")], out: report })
  const seconds = (performance.now() - started) / 1000
  console.log(`
What was made, under ${show(out)}:
  annotated.jsonl        what the LLM said of each sentence
  aligned.jsonl          where it stands in the text
  nuner                  the encoder after pre-training: a Hugging Face directory
  events/probes.jsonl    every probe's scores
  events/model           a NER model: encoder and head, loads in transformers and transformers.js
  report.html            all of it to look at
Each has a manifest beside it; running this again keeps what is up to date. Took ${seconds.toFixed(0)} s.

Next:
  bun run nuner fit your-labels.jsonl --out my-model
  bun run nuner predict my-model "Your own text."
  bun run nuner review ${show(join(data, "texts"))} --types person,place,organization --out my-review
  bun run nuner probe --encoder mini --encoder ${show(encoder)} --train train.jsonl --test test.jsonl --out probes.jsonl`)
  if (values.json) {
    const entityF1 = { nuner, base: base?.entityF1 ?? null }
    console.log(JSON.stringify({ entityF1, baseMeasured: base?.measured ?? false, mainJobGain: gain, seconds }))
  }
})

await Effect.runPromise(quickstart.pipe(Effect.provide(Progress.stderr))).catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error))
)
