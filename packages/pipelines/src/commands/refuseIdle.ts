import { formatNeed, type Need, OptionError } from "@nuner/core"
import { Effect } from "effect"
import type { CommandOption } from "./command.ts"

/** Refuses an option that was given where another one takes its effect away, as the `needs` of its schema say. */
export const refuseIdle = (
  path: string,
  options: ReadonlyArray<CommandOption>,
  given: Readonly<Record<string, unknown>>
): Effect.Effect<void, OptionError> => {
  const named = (field: string, component: string | undefined) => {
    const all = options.filter((one) => one.field === field)
    return all.find((one) => one.component === component) ?? all[0]
  }
  /** What was given, or what the chosen preset or else the option has. */
  const effective = (option: CommandOption): unknown => {
    if (given[option.name] !== undefined) return given[option.name]
    const { presets } = option
    if (presets === undefined) return option.default
    const chooser = options.find(
      ({ component, values }) =>
        component === option.component &&
        values !== undefined &&
        Object.keys(presets).some((name) => values.includes(name))
    )
    const preset = chooser === undefined ? Object.keys(presets)[0]! : String(given[chooser.name] ?? chooser.default)
    return presets[preset] ?? option.default
  }
  for (const option of options) {
    if (given[option.name] === undefined) continue
    for (const need of option.needs ?? []) {
      const other = named(need.option, option.component)
      if (other === undefined || holds(need, effective(other), given[other.name] !== undefined)) continue
      const reason = `has an effect ${formatNeed(need).replace(`\`${need.option}\``, `--${other.flag}`)} only`
      const remedy = `leave --${option.flag} out`
      return Effect.fail(new OptionError({ component: path, option: option.name, reason, remedy }))
    }
  }
  return Effect.void
}

const holds = ({ absent, is, not }: Need, value: unknown, isGiven: boolean): boolean => {
  if (absent) return !isGiven
  if (is !== undefined) return is.includes(value)
  return not === undefined ? value !== undefined && value !== false : !not.includes(value)
}
