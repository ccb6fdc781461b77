import { InputError, markText, OptionError } from "@nuner/core"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { tadnerEpisodesStage } from "../stages/tadner/episodes.ts"
import { endWithStarter, inProcesses } from "../stages/tadner/inProcesses.ts"
import { tadnerPredictStage } from "../stages/tadner/predict.ts"
import { tadnerTrainStage } from "../stages/tadner/train.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { encoder, frozenLayers, given, input, integerList, optional, out, seed, without } from "./flags.ts"
import { Json, show } from "./output.ts"

/** A switch of a mode: absent, the mode decides. */
const onOff = (name: string, description: string) =>
  Flag.Literals(name, ["on", "off"]).pipe(
    Flag.withDescription(`${description}; absent: as the mode has it`),
    Flag.map((value) => value === "on"),
    Flag.optional
  )

const common = {
  typeNames: optional.text("type-names", "few-nerd, few-tk, mit-movie, ... or a JSON file of label to name"),
  mode: optional.choice("mode", ["published", "corrected"], "of the switches below; default corrected"),
  long: optional.choice("long", ["truncate", "windows"], "what becomes of long sentences; absent: as the mode has it"),
  loseAdjacentSingletons: onOff("lose-adjacent-singletons", "BIOES labels lose the second of two one-word neighbours"),
  maxTokens: optional.int("max-tokens", "sub-tokens of a sentence or window; default 128"),
  learningRate: optional.number("learning-rate", "Adam's; default 3e-5"),
  frozenLayers
}

const trainCommand = Command.make(
  "train",
  {
    input: input("labelled sentences of the source types"),
    encoder: encoder(),
    out: out("the directory of the TadNER model"),
    ...common,
    scheme: optional.choice("scheme", ["IO", "BIO", "BIOES"], "tags of the span detector; absent: as the mode has it"),
    epochs: optional.int("epochs", "passes over the sentences; default 1"),
    batchSize: optional.int("batch-size", "sentences of an update; default 32"),
    headDropout: optional.number("head-dropout", "before the detector's linear layer; default 0.2"),
    temperature: optional.number("temperature", "of the contrastive loss; default 0.05"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ encoder, input, out, seed, ...flags }) {
    yield* tadnerTrainStage({ encoder, input, out, seed, ...given(without(flags, dataFlags)), ...dataOf(flags) })
    yield* show(out)
  })
).pipe(Command.withDescription("Train TadNER's two networks on source types"))

const adaptation = {
  ...common,
  phi: optional.choice("phi", ["last4", "last"], "layers of a word's vector; last for NuNER's encoders; default last4"),
  typeDropout: onOff("type-dropout", "dropout stays on in stage 2"),
  normaliseOverSpans: onOff("normalise-over-spans", "types are chosen by scores normalised over all spans given"),
  filter: Flag.Literals("filter", ["on", "off"]).pipe(
    Flag.withDescription("the type-aware filter; default on"),
    Flag.map((value) => value === "on"),
    Flag.optional
  ),
  steps: optional.int("steps", "most updates of a stage; default 100"),
  detectorPatience: optional.int("detector-patience", "updates with a loss above the best; default 2, 6 for 5 shots"),
  classifierPatience: optional.int("classifier-patience", "the same for stage 2; default 0")
}

const episodesCommand = Command.make(
  "episodes",
  {
    input: input("episodes, Few-NERD's JSON Lines; with --n, labelled sentences to mine them from"),
    models: Flag.String("model").pipe(
      Flag.withDescription("a directory of nuner tadner train; several: a run each"),
      Flag.atLeast(1)
    ),
    out: out("a folder for results and report; the same call goes on where an earlier one stopped"),
    ...adaptation,
    misalign: onOff("misalign", "behind a truncated sentence spans are read at shifted places"),
    onNoSpan: optional.choice(
      "on-no-span",
      ["crash", "empty"],
      "an episode without a predicted span; absent: as the mode has it"
    ),
    seeds: integerList("seeds", "of adaptation, a run each, or one a model; default 0").pipe(Flag.withDefault([0])),
    n: optional.int("n", "types of a mined episode"),
    k: Flag.Int("k").pipe(
      Flag.withDescription("k to 2k entities of each type: mined so, published episodes checked so"),
      Flag.withDefault(1)
    ),
    q: optional.int("q", "the same in the query; default k"),
    count: Flag.Int("count").pipe(Flag.withDescription("episodes to mine"), Flag.withDefault(100)),
    mineSeed: Flag.Int("mine-seed").pipe(Flag.withDescription("of mined episodes"), Flag.withDefault(0)),
    limit: optional.int("limit", "only the first episodes"),
    processes: Flag.Int("processes").pipe(
      Flag.withDescription("processes that share the episodes, on this machine; default 1"),
      Flag.withDefault(1)
    ),
    ...dataFlags,
    shard: optional.text("shard", "i/n: only this process's part of the episodes, no report; for several machines")
  },
  Effect.fn(function* ({ count, input, k, mineSeed, models, out, processes, seeds, shard, ...flags }) {
    const part = Option.isSome(shard) ? { shard: yield* parseShard(shard.value) } : {}
    // A process that has a shard already shares it with nobody: it is one of those that are started here.
    if (Option.isSome(shard)) endWithStarter()
    else if (processes > 1) {
      const command = [process.execPath, ...process.argv.slice(1)]
      yield* inProcesses({ processes, command, out })
    }
    const report = yield* tadnerEpisodesStage({
      count,
      input,
      k,
      mineSeed,
      models,
      out,
      seeds,
      ...part,
      ...given(without(flags, dataFlags)),
      ...dataOf(flags)
    })
    if (report !== "") yield* show(report)
  })
).pipe(Command.withDescription("Run TadNER over few-shot episodes and report pooled micro F1"))

const predictCommand = Command.make(
  "predict",
  {
    model: Argument.String("model").pipe(
      Argument.withDescription("a directory of nuner tadner train, or of an earlier --save")
    ),
    inputs: Argument.String("text").pipe(
      Argument.withDescription("texts, or files and folders to read sentences from"),
      Argument.atLeast(0)
    ),
    support: optional.text("support", "labelled sentences with 1 to 10 entities of each new type"),
    save: optional.text("save", "keep the recogniser in a directory"),
    ...adaptation,
    ...dataFlags,
    seed: optional.int("seed", "of adaptation; default 0")
  },
  Effect.fn(function* ({ inputs, model, ...flags }) {
    const options = given(without(flags, dataFlags))
    const { data } = dataOf(flags)
    const { say } = yield* Progress
    yield* checkPredict(options, inputs.length)
    yield* attempt("tadner", () => inputs.forEach(sourcesOf))
    const json = yield* Json
    yield* tadnerPredictStage({
      ...options,
      data,
      model,
      texts: textsOf(inputs, intake({ data, say })),
      onPrediction: (found) => console.log(json ? JSON.stringify(found) : markText(found.text, found.entities))
    })
  })
).pipe(Command.withDescription("Mark entities of new types, learned from a handful of examples"))

export const tadnerCommand = Command.make("tadner").pipe(
  Command.withDescription("TadNER: few-shot NER with types that are new each time"),
  Command.withSubcommands([trainCommand, episodesCommand, predictCommand])
)

/** `0/4` */
const parseShard = (text: string) => {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  return index === undefined || of === undefined
    ? Effect.fail(
        new OptionError({ component: "tadner episodes", option: "shard", reason: `"${text}"`, remedy: "write 0/4" })
      )
    : Effect.succeed({ index: Number(index), of: Number(of) })
}

const checkPredict = (
  { save, support, ...rest }: { readonly save?: string; readonly support?: string },
  texts: number
) => {
  const own = Object.keys(rest)[0]
  if (support === undefined && own !== undefined) {
    const reason = "a saved recogniser has its settings"
    return Effect.fail(new OptionError({ component: "tadner predict", option: own, reason, remedy: "give --support" }))
  }
  return texts === 0 && save === undefined
    ? Effect.fail(new InputError({ source: "text", reason: "there is none", remedy: "give texts, or --save" }))
    : Effect.void
}
