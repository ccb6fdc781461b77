import { existsSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InputError, OutputError } from "../errors.ts"
import { writeAtomic } from "../files/writeAtomic.ts"
import { type Rows, writeLines } from "../files/writers.ts"
import type { AnnotatedSentence, Annotation } from "../schema/Annotation.ts"
import { decoder } from "../schema/decoder.ts"
import { asText } from "./documents.ts"
import type { Format } from "./Format.ts"
import { isObject, isStrings, jsonFormat, writeArray } from "./jsonFormat.ts"
import { PythonListError } from "./PythonScanner.ts"
import { formatPythonList, parsePythonList } from "./pythonList.ts"
import { extension } from "./Source.ts"
import { writeParquet } from "./writeParquet.ts"

/** A row of the published NuNER data: a sentence, and a Python list of `entity <> concept[ <> description]`, as a string. */
const NumindRow = Schema.Struct({
  input: Schema.String,
  output: Schema.Union([Schema.String, Schema.Array(Schema.String)])
})

const decode = decoder(NumindRow)

const listOf = (output: string | ReadonlyArray<string>, source: string, line: number): ReadonlyArray<string> => {
  if (typeof output !== "string") return output
  try {
    return parsePythonList(output)
  } catch (cause) {
    if (!(cause instanceof PythonListError)) throw cause
    const reason = `no Python list of strings: ${cause.message}`
    throw new InputError({ source, line, field: "output", reason, remedy: "write ['entity <> concept', ...]" })
  }
}

/** `entity <> concept[ <> description]`; white space around the parts is dropped. `undefined` when entity or concept is missing. */
const parseAnnotation = (text: string): Annotation | undefined => {
  const [entity = "", concept = "", ...rest] = text.split("<>").map((part) => part.trim())
  const description = rest.join(" <> ")
  if (entity === "" || concept === "") return undefined
  return description === "" ? { entity, concept } : { entity, concept, description }
}

/** As the path's extension says: `.parquet`, `.json`, else JSON Lines. */
const writeRows = (path: string, sentences: Rows<AnnotatedSentence>): Promise<number> => {
  const row = (sentence: AnnotatedSentence) => rowOf(sentence, path)
  const kind = extension(path)
  if (kind === "parquet") return writeParquet(path, sentences, row)
  if (kind === "json") return writeArray(path, sentences, row)
  return writeLines(path, sentences, (sentence) => JSON.stringify(row(sentence)))
}

const rowOf = ({ id, text, annotations }: AnnotatedSentence, path: string) => ({
  input: text,
  output: formatPythonList(
    annotations.map(({ entity, concept, description }) => {
      if (`${entity}${concept}`.includes("<>")) {
        throw new OutputError({ path, reason: `${id}: an annotation holds the separator <>`, remedy: "write JSONL" })
      }
      return [entity, concept, ...(description === undefined ? [] : [description])].join(" <> ")
    })
  )
})

/**
 * The columns of the published NuNER data, with a dataset card for Hugging Face beside them: `README.md` in the same folder, where there is none
 * yet. Labelled documents are written with their entities as annotations. Ids and other fields are not kept. An output that is a true list is read
 * as well; the Python list is parsed by its grammar, never evaluated.
 *
 * @throws OutputError when writing an entity or concept that holds the separator `<>`
 */
export const numind: Format = {
  ...jsonFormat({
    name: "numind",
    title: "NuNER's published columns: input, and output of entity <> concept",
    unit: "utf16",
    needs: "annotations",
    fits: (value) =>
      isObject(value) &&
      typeof value.input === "string" &&
      (typeof value.output === "string" || isStrings(value.output)),
    document: ({ line, reading, value }) => {
      const row = Result.getOrThrow(decode(value, { source: reading.source, line }))
      const items = listOf(row.output, reading.source, line)
      const annotations = items.flatMap((item) => parseAnnotation(item) ?? [])
      const without = items.length - annotations.length
      if (without > 0) reading.noted("annotations without entity or concept left out", without)
      return { line, text: row.input, annotations }
    }
  }),
  write: async (path, documents) => {
    const concepts = new Set<string>()
    let annotations = 0
    const annotated = async function* (): AsyncGenerator<AnnotatedSentence> {
      let index = 0
      for await (const document of documents) {
        const { entities, text } = asText(document)
        const found =
          document.annotations ??
          entities.map(({ start, end, type }) => ({ entity: text.slice(start, end), concept: type }))
        annotations += found.length
        for (const { concept } of found) concepts.add(concept)
        yield { id: document.id ?? `record ${index}`, text, annotations: found }
        index++
      }
    }
    const rows = await writeRows(path, annotated())
    const card = join(dirname(path), "README.md")
    if (!existsSync(card)) {
      await writeAtomic(card, [datasetCard(basename(path), { rows, annotations, concepts: concepts.size })])
    }
    return rows
  }
}

/** The README.md of a data set on Hugging Face. What the data cannot tell stands in brackets, to be filled in. */
const datasetCard = (
  file: string,
  { annotations, concepts, rows }: { readonly rows: number; readonly annotations: number; readonly concepts: number }
): string => `---
task_categories:
  - token-classification
tags:
  - named-entity-recognition
  - nuner
configs:
  - config_name: default
    data_files: ${JSON.stringify(file)}
---

# [Name of the data set]

${rows} sentences with ${annotations} entities of ${concepts} concepts, in the columns of
[numind/NuNER](https://huggingface.co/datasets/numind/NuNER).

| column   | what                                                                                                                     |
| -------- | ------------------------------------------------------------------------------------------------------------------------ |
| \`input\`  | a sentence                                                                                                               |
| \`output\` | a Python list, as a string, of \`entity <> concept\` or \`entity <> concept <> description\`, as the annotator answered |

Texts: [where they come from, and their licence]. Annotator: [model and prompt]. Entities are strings without places; \`nuner align\` finds them.
`
