import { commandHelp, commandInfos } from "@nuner/pipelines"
import { Effect, Option } from "effect"
import type { HelpDoc } from "effect/cli"
import { tableOf } from "../../scripts/lib/optionTables.ts"
import type { Page } from "../Page.ts"
import { escaped, table } from "../table.ts"

/** A page for each command, from its own help, and before them one of all. */
export const commandPages = async (): Promise<ReadonlyArray<Page>> => {
  const root = await Effect.runPromise(commandHelp([]))
  const pages = await Promise.all(subcommandsOf(root).map(commandPage))
  const overview = [
    "# Commands",
    "Made from the help of the commands. [What they read and write](../packages/pipelines/README.md#commands), [exit codes and data](../packages/pipelines/README.md).",
    table(
      ["command", "what it does"],
      subcommandsOf(root).map(({ name, description }) => [`[\`nuner ${name}\`](${name}.md)`, description])
    ),
    "## Flags that every command takes",
    flagTable(root.globalFlags ?? [])
  ]
  return [{ origin: "commands/README.md", title: "All commands", markdown: overview.join("\n\n") }, ...pages]
}

const commandPage = async ({ name }: HelpDoc.SubcommandDoc): Promise<Page> => {
  const section = async (path: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
    const help = await Effect.runPromise(commandHelp(path))
    const nested = await Promise.all(subcommandsOf(help).map((one) => section([...path, one.name])))
    const heading = `${"#".repeat(path.length)} nuner ${path.join(" ")}`
    const name = path.join(" ")
    const options = commandInfos.some((info) => info.path === name && info.options.length > 0)
    return [
      heading,
      ...describe(help),
      ...(options ? [await tableOf("pipelines", `nuner ${name}`)] : []),
      ...nested.flat()
    ]
  }
  return { origin: `commands/${name}.md`, title: name, markdown: (await section([name])).join("\n\n") }
}

const describe = ({ args = [], description, usage }: HelpDoc.HelpDoc): ReadonlyArray<string> => [
  escaped(description),
  `\`\`\`sh\n${usage}\n\`\`\``,
  ...(args.length === 0
    ? []
    : [
        table(
          ["argument", "what"],
          args.map(({ description, name, variadic }) => [
            `\`${name}${variadic ? "..." : ""}\``,
            Option.getOrElse(description, () => "")
          ])
        )
      ])
]

const flagTable = (flags: ReadonlyArray<HelpDoc.FlagDoc>): string =>
  table(
    ["flag", "", "what"],
    flags.map(({ aliases, description, name, required, type }) => [
      [`--${name}`, ...aliases].map((one) => `\`${one}\``).join(", "),
      type === "boolean" ? "" : type,
      `${Option.getOrElse(description, () => "")}${required ? " (required)" : ""}`
    ])
  )

const subcommandsOf = ({ subcommands = [] }: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.SubcommandDoc> =>
  subcommands.flatMap(({ commands }) => commands)
