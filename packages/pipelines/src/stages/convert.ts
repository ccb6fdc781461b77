import {
  type DataOptionsInput,
  type Document,
  type Format,
  formatNamed,
  formats,
  InputError,
  OptionError,
  type Scheme
} from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { into, READ, streamOf } from "../services/streams.ts"
import { plain } from "./plain.ts"

export interface ConvertStageOptions {
  /** Files or folders, of any format that is read. */
  readonly inputs: ReadonlyArray<string>
  readonly out: string
  /** The name of a format that is written. Default: the one that `out` ends as. */
  readonly to?: string
  /** Of written tags. Default "BIO". */
  readonly scheme?: Scheme
  readonly data?: DataOptionsInput
}

/** From anything that is read to anything that is written, in a stream. */
export const convertStage = Effect.fn("convertStage")(function* (options: ConvertStageOptions) {
  const { data, inputs, out, scheme, to } = options
  const { say, update } = yield* Progress
  const target = yield* attempt("convert", () => targetOf(out, to))
  if (scheme !== undefined && target.tags !== true) {
    const [reason, remedy] = [`${target.name} has no tags`, "leave it out"]
    return yield* new OptionError({ component: "convert", option: "scheme", reason, remedy })
  }
  return yield* runStage({
    name: "convert",
    manifest: `${out.replace(/[\\/]+$/, "")}.manifest.json`,
    settings: plain({ to: target.name, scheme, data }),
    inputs,
    artefacts: [out],
    large: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say, out })
      let done = 0
      const written = yield* Stream.fromIterable(inputs).pipe(
        Stream.flatMap((input) =>
          streamOf("convert", () => door.documents(input, { flat: target.flat === true }), READ).pipe(
            Stream.mapArrayEffect((documents) => checkLabelled(documents, target, input))
          )
        ),
        Stream.map((document) => {
          update({ stage: "convert", done: ++done })
          return document
        }),
        Stream.concat(Stream.suspend(() => (done > 0 || data?.allowEmpty === true ? Stream.empty : noRecord(inputs)))),
        into("convert", (documents) => target.write!(out, documents, { scheme }))
      )
      const counts = door.counts()
      const skipped = door.files.length === 0 ? "" : `; skipped records: ${door.files[0]}`
      return {
        files: door.files,
        counts: { records: { ...counts, out: written } },
        summary: `${written} of ${counts.in} records written as ${target.name}${skipped}`
      }
    })
  })
})

const noRecord = (inputs: ReadonlyArray<string>) =>
  Stream.fail(
    new InputError({
      source: inputs.join(", "),
      reason: "holds no record",
      remedy: "if that is right: --allow-empty"
    })
  )

/** Fails for a document that the target would make into one without entities. */
const checkLabelled = <A extends ReadonlyArray<Document>>(
  documents: A,
  { name, needs }: Format,
  source: string
): Effect.Effect<A, InputError> => {
  const found = documents.find(
    ({ annotations, entities }) =>
      needs !== undefined && entities === undefined && !(needs === "annotations" && annotations !== undefined)
  )
  if (found === undefined) return Effect.succeed(documents)
  const [reason, remedy] =
    found.annotations === undefined
      ? ["is not labelled", "label it first; doccano, prodigy, label-studio and jsonl hold texts to be labelled"]
      : ["is annotated, without places", "run nuner align on it first"]
  const { line } = found
  return Effect.fail(new InputError({ source, line, reason: `${reason}, which ${name} cannot say`, remedy }))
}

/** @throws OptionError */
const targetOf = (out: string, to: string | undefined): Format => {
  const written = formats.filter(({ write }) => write !== undefined)
  const remedy = `one of ${written.map(({ name }) => name).join(", ")}`
  const fail = (reason: string): never => {
    throw new OptionError({ component: "convert", option: "to", reason, remedy })
  }
  if (to !== undefined) {
    const format = formatNamed(to, "to")
    return format.write === undefined ? fail(`"${to}" is read only`) : format
  }
  const ending = /\.([^./\\]+)$/.exec(out.replace(/\.gz$/, ""))?.[1]?.toLowerCase() ?? ""
  return (
    written.find(({ endings = [] }) => endings.includes(ending)) ??
    fail(`absent, and "${out}" does not end as a format does`)
  )
}
