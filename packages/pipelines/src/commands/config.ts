import { withoutSecrets } from "@nuner/core"
import { Effect } from "effect"
import { CONFIGURATION, Configuration, configurationSchema } from "./Configuration.ts"
import { type CommandInfo, command } from "./command.ts"
import { toggle } from "./components.ts"
import { show } from "./output.ts"

/** @param commands whose options a configuration may hold */
export const configCommand = (commands: () => ReadonlyArray<CommandInfo>) =>
  command("config", {
    does: `What ${CONFIGURATION} says, once it is checked, or with --schema the JSON Schema of such files`,
    arguments: {},
    options: { schema: toggle("print the JSON Schema, for the $schema of a file and the help of an editor") },
    run: Effect.fnUntraced(function* ({ schema }) {
      if (schema) {
        const written = configurationSchema(commands())
        return yield* show(JSON.stringify(written, null, 2), written)
      }
      const { source, values } = yield* Configuration
      if (source === undefined) return yield* show(`no ${CONFIGURATION} here`, {})
      const text = withoutSecrets(JSON.stringify(values, null, 2))
      yield* show(`${source}:\n${text}`, JSON.parse(text))
    })
  })
