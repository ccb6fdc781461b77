import { type DataOptionsInput, InputError, type OffsetUnit } from "@nuner/core"
import { checkVectorPath, type EncodeOptions, encode, writeVectors } from "@nuner/encoder"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { into, READ, streamOf } from "../services/streams.ts"
import { plain } from "./plain.ts"
import { openEncoder, resolveEncoder } from "./resolveEncoder.ts"

export interface EncodeStageOptions extends Partial<EncodeOptions> {
  /** Files and folders of raw text: see `readSentences`. */
  readonly inputs: ReadonlyArray<string>
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** A model directory, or a name on the hub. */
  readonly model: string
  /** `.jsonl` or `.parquet`: see `writeVectors`. */
  readonly out: string
  /** How offsets count. Default "utf16". */
  readonly offsets?: OffsetUnit
}

/** The vectors of a corpus, in a stream: memory is a few hundred sentences and a row group, however large the corpus. */
export const encodeStage = Effect.fn("encodeStage")(function* (options: EncodeStageOptions) {
  const { data, inputs, model, offsets = "utf16", out, pooling = "none", ...encoding } = options
  const progress = yield* Progress
  yield* attempt("encode", () => checkVectorPath(out))
  const directory = yield* resolveEncoder("encode", model)
  return yield* runStage({
    name: "encode",
    manifest: `${out}.manifest.json`,
    settings: plain({ model, pooling, offsets, ...encoding, data }),
    inputs: [...inputs, directory],
    artefacts: [out],
    large: true,
    tensors: true,
    work: Effect.gen(function* () {
      const door = intake({ data, say: progress.say, out })
      const encoder = yield* openEncoder("encode", directory)
      const count = { read: 0, written: 0, tokens: 0, long: 0 }
      const sentences = Stream.fromIterable(inputs).pipe(
        Stream.flatMap((input) => streamOf("encode", () => door.sentences(input), READ)),
        Stream.map(({ id, text }) => {
          count.read++
          return { id, text }
        }),
        Stream.concat(Stream.suspend(() => (count.read > 0 ? Stream.empty : noText(inputs))))
      )
      const read = yield* Stream.toAsyncIterableEffect(sentences)
      yield* streamOf("encode", (signal) => encode(encoder, read, { ...encoding, pooling, signal })).pipe(
        Stream.map((vectors) => {
          count.tokens += vectors.ids.length
          if (vectors.windows > 1) count.long++
          progress.update({ stage: "encode", done: ++count.written, note: `sentences, ${count.tokens} tokens` })
          return vectors
        }),
        into("encode", (vectors) => writeVectors(out, vectors, { pooling, offsets }))
      )
      const windowed = count.long === 0 ? "" : `, ${count.long} longer than the encoder's window, read in several`
      return {
        files: door.files,
        counts: { records: door.counts(), sentences: { in: count.read, out: count.written, dropped: {} } },
        summary: `${count.written} sentences, ${count.tokens} tokens${windowed}`
      }
    }).pipe(Effect.scoped)
  })
})

const noText = (inputs: ReadonlyArray<string>) =>
  Stream.fail(new InputError({ source: inputs.join(", "), reason: "has no text" }))
