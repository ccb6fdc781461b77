import { InputError } from "../errors.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { asWords } from "./documents.ts"
import type { Document } from "./Format.ts"
import { type Data, type OpenOptions, openData } from "./openData.ts"
import type { Source } from "./Source.ts"

/** A labelled data file of any format, open: its sentences as words, one tag a word. */
export interface LabelledData extends Omit<Data, "documents"> {
  readonly sentences: AsyncGenerator<LabelledSentence>
}

/** Opens labelled data: see `openData`. @throws InputError */
export const openLabelled = async (source: Source, options: OpenOptions = {}): Promise<LabelledData> => {
  const { documents, format, report } = await openData(source, { flat: true, ...options })
  const sentences = async function* () {
    for await (const document of documents) {
      checkLabelled(document, report.source, format.name)
      yield asWords(document)
    }
  }
  return { format, report, sentences: sentences() }
}

/** @throws InputError for a document without a list of entities */
export const checkLabelled = (document: Document, source: string, format: string): void => {
  const { annotations, entities, fields, line } = document
  if (entities !== undefined) return
  // What the labels may stand in, under a name that no format has.
  const unread = Object.keys(fields ?? {}).filter((name) => typeof fields![name] === "object" && fields![name] !== null)
  const read =
    unread.length === 0 ? `read as ${format}` : `read as ${format}, which knows no field ${unread.join(", ")}`
  const [reason, remedy] =
    annotations === undefined
      ? [`is not labelled (${read})`, "give labelled data, or name its format with --format"]
      : ["is annotated, without places", "run nuner align on it first"]
  throw new InputError({ source, line, reason, remedy })
}

/** The sentences of a labelled data file of any format. @throws InputError with file and line */
export async function* readLabelled(source: Source, options: OpenOptions = {}): AsyncGenerator<LabelledSentence> {
  yield* (await openLabelled(source, options)).sentences
}
