import { messageOf, withoutSecrets } from "@nuner/core"
import { Cause, Effect, Exit, Layer } from "effect"
import { CliError, CliOutput, Command, type HelpDoc } from "effect/cli"
import packageJson from "../package.json" with { type: "json" }
import { alignCommand } from "./commands/align.ts"
import { annotateCommand } from "./commands/annotate.ts"
import { baseCommand } from "./commands/base.ts"
import { benchmarkCommand } from "./commands/benchmark.ts"
import { Configuration } from "./commands/Configuration.ts"
import { checkCommand } from "./commands/check.ts"
import { type CommandInfo, infosOf } from "./commands/command.ts"
import { conceptsCommand } from "./commands/concepts.ts"
import { configCommand } from "./commands/config.ts"
import { convertCommand } from "./commands/convert.ts"
import { encodeCommand } from "./commands/encode.ts"
import { engineCommand } from "./commands/engine.ts"
import { evaluateCommand } from "./commands/evaluate.ts"
import { exportCommand } from "./commands/export.ts"
import { fitCommand } from "./commands/fit.ts"
import {
  chooseEngine,
  configuration,
  GlobalOptions,
  globalFlags,
  globalInfo,
  globalOptions
} from "./commands/globalOptions.ts"
import { jobsCommand } from "./commands/jobs.ts"
import { labelCommand } from "./commands/label.ts"
import { llmBaselineCommand } from "./commands/llmBaseline.ts"
import { mineCommand } from "./commands/mine.ts"
import { manifestsSaid } from "./commands/output.ts"
import { predictCommand } from "./commands/predict.ts"
import { pretrainCommand } from "./commands/pretrain.ts"
import { previewCommand } from "./commands/preview.ts"
import { pricesCommand } from "./commands/prices.ts"
import { probeCommand } from "./commands/probe.ts"
import { reportCommand } from "./commands/report.ts"
import { reviewCommand } from "./commands/review.ts"
import { runCommand } from "./commands/run.ts"
import { serveCommand } from "./commands/serve.ts"
import { statusCommand } from "./commands/status.ts"
import { tadnerCommand } from "./commands/tadner.ts"
import { cancelCommand, workCommand } from "./commands/work.ts"
import { zeroCommand } from "./commands/zero.ts"
import { IncompleteError } from "./errors.ts"
import { withStandardInput } from "./inputs/standardInput.ts"
import { Progress } from "./services/Progress.ts"
import { platform } from "./services/platform.ts"
import { spanLog } from "./services/spanLog.ts"
import { OnManifest } from "./services/stage.ts"

const commands = [
  runCommand,
  previewCommand,
  annotateCommand,
  labelCommand,
  workCommand,
  cancelCommand,
  statusCommand,
  jobsCommand,
  pricesCommand,
  checkCommand,
  convertCommand,
  alignCommand,
  conceptsCommand,
  baseCommand,
  pretrainCommand,
  mineCommand,
  evaluateCommand,
  probeCommand,
  benchmarkCommand,
  llmBaselineCommand,
  fitCommand,
  reportCommand,
  reviewCommand,
  predictCommand,
  serveCommand,
  encodeCommand,
  exportCommand,
  tadnerCommand,
  zeroCommand,
  engineCommand,
  configCommand(() => commandInfos)
]

/** Every command with its options, those of all of them first: what documentation and the schema of a configuration are made of. */
export const commandInfos: ReadonlyArray<CommandInfo> = [globalInfo, ...infosOf(commands)]

const command = Command.make("nuner").pipe(
  Command.withDescription(
    "NuNER: from raw text to a compact, NER-specific encoder, and from a handful of examples to a NER model"
  ),
  Command.withSubcommands(commands),
  Command.provideEffectDiscard(chooseEngine),
  Command.provideEffect(OnManifest, manifestsSaid),
  Command.provideEffect(GlobalOptions, globalOptions),
  Command.provideEffect(
    Configuration,
    configuration(() => commandInfos)
  ),
  Command.withGlobalFlags(globalFlags)
)

/** `--layers -1,-7` as `--layers=-1,-7`: the parser would take the list for a flag. */
const joinNegativeLists = (args: ReadonlyArray<string>): Array<string> => {
  const out: Array<string> = []
  for (const arg of args) {
    if (/^-\d+(,-?\d+)*$/.test(arg) && out.at(-1)?.startsWith("--")) out.push(`${out.pop()}=${arg}`)
    else out.push(arg)
  }
  return out
}

/** A wrong invocation in one line, like every other error; help is a flag away. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() => {
          const reasons = event.errors.map(({ message }) => message.replace(/\s*\n\s*/g, " ").trim())
          process.stderr.write(`error: ${reasons.join("; ")} (see ${event.commandPath.join(" ")} --help)\n`)
        })
      : CliOutput.defaultPresenter.present(event)
}

/**
 * Runs the command line and gives the exit code: 0, all done; 1, refused or failed, told in one line on stderr; 2, incomplete, with what is
 * missing and the remedy; 3, over budget; 130, interrupted.
 */
export const nuner = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.promise(() => withStandardInput(args, process.stdin)).pipe(
    Effect.flatMap(({ args, remove }) => runWith(args).pipe(Effect.ensuring(Effect.promise(remove))))
  )

/** What `--help` says of a command, as data: its arguments, flags and subcommands. `[]` is nuner itself, `["tadner", "train"]` one of a group. */
export const commandHelp = (path: ReadonlyArray<string>): Effect.Effect<HelpDoc.HelpDoc> =>
  Effect.suspend(() => {
    const said: Array<HelpDoc.HelpDoc> = []
    const present = (event: CliOutput.Presenter.Event) =>
      Effect.sync(() => {
        if (event._tag === "Help") said.push(event.helpDoc)
      })
    return Command.runWith(command, { version: packageJson.version })([...path, "--help"]).pipe(
      Effect.provide(Layer.mergeAll(Progress.silent, platform, CliOutput.layerPresenter({ present }))),
      Effect.orDie,
      Effect.map(() => said[0]!)
    )
  })

const runWith = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Command.runWith(command, { version: packageJson.version })(joinNegativeLists(args)).pipe(
    Effect.provide(Layer.mergeAll(Progress.stderr, platform, spanLog, CliOutput.layerPresenter(presenter))),
    Effect.exit,
    Effect.map((exit) => {
      if (Exit.isSuccess(exit)) return 0
      if (Cause.hasInterruptsOnly(exit.cause)) return 130
      const error = Cause.squash(exit.cause)
      if (error instanceof IncompleteError) {
        process.stderr.write(`incomplete: ${withoutSecrets(error.message)}\n`)
        return error.exitCode
      }
      if (!CliError.isCliError(error)) {
        process.stderr.write(withoutSecrets(`error: ${messageOf(error).replace(/\s*\n\s*/g, " ")}\n`))
        if (process.env.NUNER_DEBUG !== undefined) process.stderr.write(`${withoutSecrets(Cause.pretty(exit.cause))}\n`)
      }
      return 1
    })
  )
