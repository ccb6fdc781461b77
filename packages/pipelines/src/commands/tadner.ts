import { DataOptions, InputError, markText, OptionError, option, PositiveInt } from "@nuner/core"
import { MineEpisodesOptions } from "@nuner/miner"
import { AdaptOptions, EpisodeOptions, EpisodeRunOptions, SourceOptions } from "@nuner/tadner"
import { Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { tadnerEpisodesStage } from "../stages/tadner/episodes.ts"
import { endWithStarter, inProcesses, isStarted } from "../stages/tadner/inProcesses.ts"
import { tadnerPredictStage } from "../stages/tadner/predict.ts"
import { tadnerTrainStage } from "../stages/tadner/train.ts"
import { command, component } from "./command.ts"
import { encoder, file, labelledData, one, out, seed } from "./components.ts"
import { Json, show } from "./output.ts"

const typeNames = file(
  "natural-language names of types: few-nerd, few-tk, mit-movie, ... or a JSON file of label to name",
  "derived from the labels"
)

const trainCommand = command("tadner train", {
  does: "Train TadNER's two networks on source types",
  arguments: { input: one("input", "labelled sentences of the source types") },
  options: { encoder, out: out("the directory of the TadNER model"), typeNames, seed },
  components: {
    source: component(SourceOptions, { except: ["checkpointEvery", "checkpoints", "seed"] }),
    data: labelledData
  },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ source, ...options }) {
    yield* tadnerTrainStage({ ...options, ...source })
    yield* show(options.out)
  })
})

const episodesCommand = command("tadner episodes", {
  does: "Run TadNER over few-shot episodes and report pooled micro F1",
  arguments: {
    input: one("input", "episodes, Few-NERD's JSON Lines; with --n, labelled sentences to mine them from")
  },
  options: {
    model: option(Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1)), {
      help: "a directory of nuner tadner train; several: a run each",
      repeated: true
    }),
    out: out("a folder for results and report; the same call goes on where an earlier one stopped"),
    typeNames,
    seeds: option(Schema.Array(Schema.Int).check(Schema.isMinLength(1)), {
      default: [0],
      help: "of adaptation, a run each, or one a model"
    }),
    n: option(Schema.optionalKey(MineEpisodesOptions.fields.n), {
      help: "types of a mined episode",
      absent: "the input holds episodes"
    }),
    k: option(MineEpisodesOptions.fields.k, {
      default: 1,
      help: "k to 2k entities of each type: mined so, published episodes checked so"
    }),
    q: MineEpisodesOptions.fields.q,
    count: option(MineEpisodesOptions.fields.episodes, {
      default: 100,
      help: "episodes to mine",
      needs: { option: "n" }
    }),
    mineSeed: option(Schema.Int, { default: 0, help: "of mined episodes", needs: { option: "n" } }),
    limit: EpisodeRunOptions.fields.limit,
    processes: option(PositiveInt, {
      default: 1,
      help: "processes that share the episodes, on this machine; without `shard`"
    }),
    shard: option(Schema.optionalKey(Schema.NonEmptyString), {
      help: "i/n: only this process's part of the episodes, no report; for several machines",
      absent: "all of them"
    })
  },
  components: {
    solving: component(EpisodeOptions, { except: ["batchTokens", "seed"] }),
    data: component(DataOptions, { needs: { option: "n" } })
  },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ model: models, processes, shard, solving, ...options }) {
    const part = shard === undefined ? {} : { shard: yield* parseShard(shard) }
    if (shard !== undefined && processes > 1 && !isStarted()) {
      const [reason, remedy] = ["a shard is the part of one process", "leave it out"]
      return yield* new OptionError({ component: "tadner episodes", option: "processes", reason, remedy })
    }
    // A process that has a shard already shares it with nobody: it is one of those that are started here.
    if (shard !== undefined) endWithStarter()
    else if (processes > 1) {
      const command = [process.execPath, ...process.argv.slice(1)]
      yield* inProcesses({ processes, command, out: options.out })
    }
    const report = yield* tadnerEpisodesStage({ ...options, models, ...part, ...solving })
    if (report !== "") yield* show(report)
  })
})

const predictCommand = command("tadner predict", {
  does: "Mark entities of new types, learned from a handful of examples",
  arguments: {
    model: one("model", "a directory of nuner tadner train, or of an earlier --save"),
    inputs: one("text", "texts, or files and folders to read sentences from").pipe(Argument.atLeast(0))
  },
  options: {
    support: file(
      "labelled sentences with 1 to 10 entities of each new type",
      "the model is a recogniser that was saved"
    ),
    save: file("keep the recogniser in a directory")
  },
  components: {
    adapting: component(
      { fields: { typeNames, ...AdaptOptions.fields }, ast: AdaptOptions.ast },
      { except: ["batchTokens"], when: "with `support`" }
    ),
    data: labelledData
  },
  reads: ({ inputs, support }) => [support, ...inputs],
  run: Effect.fnUntraced(function* ({ adapting, data, inputs, model, save, support }) {
    const { say } = yield* Progress
    yield* checkPredict(Object.keys(adapting), { save, support }, inputs.length)
    yield* attempt("tadner", () => inputs.forEach(sourcesOf))
    const json = yield* Json
    yield* tadnerPredictStage({
      ...adapting,
      ...(support !== undefined && { support }),
      ...(save !== undefined && { save }),
      data,
      model,
      texts: textsOf(inputs, intake({ data, say })),
      onPrediction: (found) => console.log(json ? JSON.stringify(found) : markText(found.text, found.entities))
    })
  })
})

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

/** A saved recogniser has its settings, and there must be something to do. */
const checkPredict = (
  [given]: ReadonlyArray<string>,
  { save, support }: { readonly save: string | undefined; readonly support: string | undefined },
  texts: number
) => {
  if (support === undefined && given !== undefined) {
    const reason = "a saved recogniser has its settings"
    return Effect.fail(
      new OptionError({ component: "tadner predict", option: given, reason, remedy: "give --support" })
    )
  }
  return texts === 0 && save === undefined
    ? Effect.fail(new InputError({ source: "text", reason: "there is none", remedy: "give texts, or --save" }))
    : Effect.void
}
