import {
  decodeOptions,
  describeOptions,
  formatNeed,
  type Need,
  OptionError,
  type OptionFields,
  type OptionInfo
} from "@nuner/core"
import { Context, Effect, Option, Schema } from "effect"
import { type Argument, Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { checkReading } from "../inputs/checkReading.ts"
import { Configuration, sectionOf } from "./Configuration.ts"
import { flagOf, givenFlags } from "./flagOf.ts"
import { refuseIdle } from "./refuseIdle.ts"

/** Options that belong to a component: it decodes them itself, with its defaults, so that only what was given is passed on. */
export interface Component<F extends OptionFields = OptionFields> {
  readonly fields: F
  readonly about: ReadonlyArray<OptionInfo>
  /** Names on the command line and in a configuration, where they are others than those of the fields. */
  readonly names: Readonly<Record<string, string>>
}

interface ComponentOptions<F extends OptionFields, K extends keyof F, X extends keyof F> {
  readonly names?: { readonly [N in keyof F]?: string }
  /** Default: all. */
  readonly only?: ReadonlyArray<K>
  /** Default: none. */
  readonly except?: ReadonlyArray<X>
  /** Beside which option they have an effect, for the help, where the component's work refuses them elsewhere: "with `mode` full". */
  readonly when?: string
  /** Beside which option they have an effect; refused elsewhere. */
  readonly needs?: Need
}

/** The options of a schema: all, `only` some, or all `except` some. */
export const component = <F extends OptionFields, K extends keyof F = keyof F, X extends keyof F = never>(
  schema: { readonly fields: F; readonly ast?: Schema.Top["ast"] },
  { except, names = {}, needs, only, when }: ComponentOptions<F, K, X> = {}
): Component<Pick<F, Exclude<K, X>>> => {
  const about = describeOptions(schema)
    .filter(({ name }) => (only?.includes(name as K) ?? true) && !except?.includes(name as X))
    .map((info) => ({
      ...info,
      needs: [...(info.needs ?? []), ...(needs === undefined ? [] : [needs])],
      help: [info.help, needs === undefined ? when : formatNeed(needs)].filter((part) => part !== undefined).join("; ")
    }))
  const fields = Object.fromEntries(about.map(({ name }) => [name, schema.fields[name]!])) as Pick<F, Exclude<K, X>>
  return { fields, about, names: names as Readonly<Record<string, string>> }
}

/** What was given of a component's options. */
export type Given<F extends OptionFields> = { readonly [K in keyof F]?: Exclude<F[K]["Encoded"], undefined> }

/** An option of a command: on its command line, in its `--help`, in a configuration, in its documentation. */
export interface CommandOption extends Omit<OptionInfo, "name"> {
  /** In a configuration: "maxTokens". */
  readonly name: string
  /** On a command line: "max-tokens". */
  readonly flag: string
  readonly alias?: string
  /** The field of the component, and the component; the command's own where there is none. */
  readonly field: string
  readonly component?: string
  readonly schema: Schema.Top
}

/** Of a command: all that its documentation and the schema of a configuration are made of. */
export interface CommandInfo {
  /** "annotate", "tadner train" */
  readonly path: string
  readonly does: string
  readonly options: ReadonlyArray<CommandOption>
}

/** What `command` notes in a command. */
const Info = Context.Service<CommandInfo>("@nuner/pipelines/CommandInfo")

type Arguments = Readonly<Record<string, Argument.Argument<unknown>>>
type Components = Readonly<Record<string, Component>>

/** What a command works with: its arguments, its own options with their defaults, and what was given of each component's. */
type Input<A extends Arguments, O extends OptionFields, C extends Components> = Command.Command.Config.Infer<A> &
  Schema.Struct<O>["Type"] & { readonly [K in keyof C]: Given<C[K]["fields"]> }

interface Definition<A extends Arguments, O extends OptionFields, C extends Components, E, R> {
  /** One line. */
  readonly does: string
  readonly alias?: string
  readonly arguments: A
  /** The command's own: decoded here, those without a default are required. */
  readonly options: O
  readonly components?: C
  /** Files and folders that are read as the component `data` says: its options are refused where they do nothing. */
  readonly reads?: (input: Input<A, O, C>) => ReadonlyArray<string | undefined>
  readonly run: (input: Input<A, O, C>) => Effect.Effect<unknown, E, R>
}

/**
 * A command of the command line, whose flags, help and place in a configuration come from the schemas of its options. What a flag says goes
 * before what the configuration says, and that before a default.
 *
 * @param path "annotate", or "tadner train" for a command of a command
 */
export const command = <
  A extends Arguments,
  O extends OptionFields,
  C extends Components = Readonly<Record<never, Component>>,
  E = never,
  R = never
>(
  path: string,
  { alias, arguments: args, components, does, options: own, reads, run }: Definition<A, O, C, E, R>
) => {
  const parts = Object.entries(components ?? {})
  const options = [...optionsOf(component({ fields: own })), ...parts.flatMap(([name, part]) => optionsOf(part, name))]
  const flags = Object.fromEntries(options.map((option) => [option.name, flagOf(option, options)]))
  const made = Command.make(
    path.split(" ").at(-1)!,
    { args, flags },
    Effect.fnUntraced(function* (parsed: {
      readonly args: object
      readonly flags: Readonly<Record<string, Option.Option<unknown>>>
    }) {
      const configured = sectionOf(yield* Configuration, path)
      const given = { ...configured, ...(yield* givenFlags(path, options, parsed.flags)) }
      const ofPart = (part: string | undefined) =>
        Object.fromEntries(
          options.flatMap(({ component, field, name }) =>
            component === part && given[name] !== undefined ? [[field, given[name]]] : []
          )
        )
      const missing = options.find(
        ({ name, required, component }) => component === undefined && required && given[name] === undefined
      )
      if (missing !== undefined) {
        const remedy = `--${missing.flag}: ${missing.help}`
        return yield* new OptionError({ component: path, option: missing.name, reason: "is missing", remedy })
      }
      yield* refuseIdle(path, options, given)
      const decoded = decodeOptions(path, Schema.Struct(own) as unknown as Schema.Codec<unknown>, ofPart(undefined))
      const rest = Object.fromEntries(parts.map(([name]) => [name, ofPart(name)]))
      const input = { ...parsed.args, ...(decoded as object), ...rest } as Input<A, O, C>
      if (reads !== undefined) {
        const paths = reads(input).filter((read) => read !== undefined)
        yield* attempt(path, () => checkReading(path, paths, rest.data ?? {}))
      }
      yield* run(input)
    })
  ).pipe(Command.withDescription(does), Command.annotate(Info, { path, does, options }))
  return alias === undefined ? made : made.pipe(Command.withAlias(alias))
}

/** The options of a component as a command has them. */
export const optionsOf = ({ about, fields, names }: Component, component?: string): Array<CommandOption> =>
  about.map((info) => {
    const name = names[info.name] ?? info.name
    const alias = aliases[name]
    return {
      ...info,
      ...{ name, flag: kebab(name), field: info.name, schema: fields[info.name]! },
      ...(alias !== undefined && { alias }),
      ...(component !== undefined && { component })
    }
  })

const aliases: Readonly<Record<string, string>> = { out: "o", frozenLayers: "freeze" }

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** What is noted in commands, and in the commands of these. */
export const infosOf = (commands: ReadonlyArray<Command.Command.Any>): Array<CommandInfo> =>
  commands.flatMap((one) => [
    ...Option.toArray(Context.getOption(one.annotations, Info)),
    ...one.subcommands.flatMap(({ commands }) => infosOf(commands))
  ])
