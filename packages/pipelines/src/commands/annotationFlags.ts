import { OptionError } from "@nuner/core"
import { Effect, Layer } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import packageJson from "../../package.json" with { type: "json" }
import type { StageError } from "../errors.ts"
import { platform } from "../services/platform.ts"
import type { AnnotateStageOptions } from "../stages/annotate.ts"
import { command } from "./command.ts"
import { annotating, asked, limit, llm, prices, prompt } from "./components.ts"

/** What flags of `nuner annotate` say of asking an LLM, for a program that annotates as part of another job. */
export type AnnotationFlags = Omit<AnnotateStageOptions, "input" | "out" | "data">

/**
 * Reads all of the flags with which `nuner annotate` asks an LLM.
 *
 * @param name of the program, for errors
 */
export const annotationFlags = (
  name: string,
  args: ReadonlyArray<string>
): Effect.Effect<AnnotationFlags, StageError> =>
  Effect.suspend(() => {
    let given: AnnotationFlags | undefined
    const parsed = command(name, {
      does: "Ask an LLM",
      arguments: {},
      options: { ...llm, prompt, prices, limit },
      components: { annotator: annotating },
      run: Effect.fnUntraced(function* ({ annotator, prices, prompt, ...options }) {
        given = { ...options, ...annotator, ...(yield* asked({ prompt, prices })) }
      })
    })
    let refused = ""
    const present = (event: CliOutput.Presenter.Event) =>
      event._tag === "InvalidInvocation"
        ? Effect.sync(() => {
            refused = event.errors.map(({ message }) => message.replace(/\s*\n\s*/g, " ").trim()).join("; ")
          })
        : CliOutput.defaultPresenter.present(event)
    return Command.runWith(parsed, { version: packageJson.version })(args).pipe(
      Effect.provide(Layer.mergeAll(platform, CliOutput.layerPresenter({ present }))),
      Effect.mapError((error) =>
        CliError.isCliError(error) ? new OptionError({ component: name, option: "flags", reason: refused }) : error
      ),
      Effect.map(() => given!)
    )
  })
