import { OptionError, option, PositiveInt } from "@nuner/core"
import { engineNames, precisions, useEngine } from "@nuner/engine"
import { Context, Effect, Option, Schema } from "effect"
import { Flag, GlobalFlag } from "effect/cli"
import { attempt } from "../errors.ts"
import { CONFIGURATION, Configuration, readConfiguration } from "./Configuration.ts"
import { type CommandInfo, component, optionsOf } from "./command.ts"
import { flagOf, givenFlags } from "./flagOf.ts"

/** What every command takes; a configuration has these at its top. */
const fields = {
  engine: option(Schema.optionalKey(Schema.Literals(engineNames)), {
    help: "computes with tensors",
    absent: "NUNER_ENGINE, or the first that works"
  }),
  precision: option(Schema.optionalKey(Schema.Literals(precisions)), {
    help: "of matrix products",
    absent: "NUNER_PRECISION, or fp32"
  }),
  threads: option(Schema.optionalKey(PositiveInt), {
    help: "of the onnx engine; refused with another one that is named",
    absent: "NUNER_THREADS, or all processors"
  }),
  json: option(Schema.Boolean, {
    default: false,
    help: "results as JSON on standard output, one object a line: the manifest of each stage as it ends"
  })
}
type Globals = { readonly [K in keyof typeof fields]?: (typeof fields)[K]["Type"] }

export const globalInfo: CommandInfo = {
  path: "",
  does: "What every command takes",
  options: optionsOf(component({ fields }))
}

/** The value of each, of the command line or else of the configuration. */
export class GlobalOptions extends Context.Reference<Globals>("@nuner/pipelines/GlobalOptions", {
  defaultValue: () => ({})
}) {}

const settings = globalInfo.options.map((option) => ({
  name: option.name,
  setting: GlobalFlag.Setting(option.name)({ flag: flagOf(option, globalInfo.options) })
}))

const Config = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.withDescription(`a JSON file with options of commands; default: ${CONFIGURATION}, where there is one`),
    Flag.optional
  )
})

export const globalFlags = [Config, ...settings.map(({ setting }) => setting)]

/** @param commands whose options a configuration may hold */
export const configuration = (commands: () => ReadonlyArray<CommandInfo>) =>
  Effect.flatMap(Config, (file) => attempt("config", () => readConfiguration(Option.getOrUndefined(file), commands)))

export const globalOptions = Effect.gen(function* () {
  const flags: Record<string, Option.Option<unknown>> = {}
  for (const { name, setting } of settings) flags[name] = yield* setting
  const given = yield* givenFlags("nuner", globalInfo.options, flags)
  const { values } = yield* Configuration
  return { ...values, ...given } as Globals
})

/** Brings up the engine that is asked for before a command begins; else that is left to the work that needs it. */
export const chooseEngine = Effect.gen(function* () {
  const { engine, precision, threads } = yield* GlobalOptions
  if (engine === undefined && precision === undefined && threads === undefined) return
  if (threads !== undefined && engine !== undefined && engine !== "onnx") {
    const [reason, remedy] = [`has no effect on the ${engine} engine`, "leave it out"]
    return yield* new OptionError({ component: "nuner", option: "threads", reason, remedy })
  }
  const options = { ...(engine && { prefer: engine }), ...(precision && { precision }), ...(threads && { threads }) }
  yield* attempt("engine", () => useEngine(options))
})
