import { type DataOptionsInput, InputError, type OffsetUnit, type Sentence } from "@nuner/core"
import { checkVectorPath, type EncodeOptions, encode, fromPretrained, writeVectors } from "@nuner/encoder"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"
import { resolveEncoder } from "./resolveEncoder.ts"

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
    work: attempt("encode", async (signal) => {
      const door = intake({ data, say: progress.say, out })
      const count = { read: 0, written: 0, tokens: 0, long: 0 }
      const sentences = async function* (): AsyncGenerator<Sentence> {
        for (const input of inputs) {
          for await (const { id, text } of door.sentences(input)) {
            count.read++
            yield { id, text }
          }
        }
        if (count.read === 0) throw new InputError({ source: inputs.join(", "), reason: "has no text" })
      }
      const encoder = await fromPretrained(directory)
      const vectors = async function* () {
        for await (const text of encode(encoder, sentences(), { ...encoding, pooling, signal })) {
          count.tokens += text.ids.length
          if (text.windows > 1) count.long++
          yield text
          progress.update({ stage: "encode", done: ++count.written, note: `sentences, ${count.tokens} tokens` })
        }
      }
      try {
        await writeVectors(out, vectors(), { pooling, offsets })
      } finally {
        encoder.dispose()
      }
      const windowed = count.long === 0 ? "" : `, ${count.long} longer than the encoder's window, read in several`
      return {
        files: door.files,
        counts: { records: door.counts(), sentences: { in: count.read, out: count.written, dropped: {} } },
        summary: `${count.written} sentences, ${count.tokens} tokens${windowed}`
      }
    })
  })
})
