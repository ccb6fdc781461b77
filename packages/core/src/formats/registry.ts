import { InputError, OptionError } from "../errors.ts"
import { argilla } from "./argilla.ts"
import { bigBio } from "./bigBio.ts"
import { binaryKind } from "./binaryKind.ts"
import { biocJson, biocXml } from "./bioc.ts"
import { brat } from "./brat.ts"
import { chat } from "./chat.ts"
import { conll } from "./conll.ts"
import { csv } from "./csv.ts"
import { doccano } from "./doccano.ts"
import { dygie } from "./dygie.ts"
import type { Format } from "./Format.ts"
import { gliner } from "./gliner.ts"
import type { Head } from "./Head.ts"
import { html } from "./html.ts"
import { huggingFace } from "./huggingFace.ts"
import { labelStudio, labelStudioPredictions } from "./labelStudio.ts"
import { markdown } from "./markdown.ts"
import { marked } from "./marked.ts"
import { numind } from "./numind.ts"
import { nunerJsonl, parquet } from "./nunerJsonl.ts"
import { openNlp } from "./openNlp.ts"
import { prodigy } from "./prodigy.ts"
import { pubtator } from "./pubtator.ts"
import { spacyDocBin } from "./spacyDocBin.ts"
import { spacyJson } from "./spacyJson.ts"
import { tagged } from "./tagged.ts"
import { isXml, text } from "./text.ts"
import { ultraFine } from "./ultraFine.ts"
import { webanno } from "./webanno.ts"

/** Every format of data files. The order is that of help and of messages; it decides nothing. */
export const formats: ReadonlyArray<Format> = [
  nunerJsonl,
  parquet,
  conll,
  csv,
  marked,
  tagged,
  text,
  html,
  markdown,
  huggingFace,
  gliner,
  spacyDocBin,
  spacyJson,
  prodigy,
  doccano,
  labelStudio,
  labelStudioPredictions,
  argilla,
  brat,
  webanno,
  openNlp,
  dygie,
  pubtator,
  biocXml,
  biocJson,
  bigBio,
  numind,
  ultraFine,
  chat
]

/** @throws OptionError when there is none of that name. */
export const formatNamed = (name: string, option = "format"): Format => {
  const found = formats.find((format) => format.name === name)
  if (found !== undefined) return found
  const remedy = `one of ${formats.map(({ name }) => name).join(", ")}`
  throw new OptionError({ component: "data", option, reason: `"${name}" is no format`, remedy })
}

/** The format of a file, by its content. @throws InputError when none fits, or several do. */
export const recognise = (head: Head): Format => {
  const answers = formats.flatMap((format) => {
    const answer = format.recognise(head)
    return answer === false ? [] : [{ format, breadth: (format.breadth ?? 0) + (answer === "perhaps" ? 1 : 0) }]
  })
  const narrowest = Math.min(...answers.map(({ breadth }) => breadth))
  const fitting = answers.filter(({ breadth }) => breadth === narrowest).map(({ format }) => format)
  const [first, second] = fitting
  if (first !== undefined && second === undefined) return first
  if (first === undefined) {
    if (head.shape === "binary") throw noText(head)
    const what = head.shape === "json" ? `: records of ${fieldsOf(head)}` : isXml(head.lines) ? ": other XML" : ""
    throw new InputError({
      source: head.name,
      reason: `is none of the formats that are read${what}`,
      remedy: `name one with --format: ${formats.map(({ name }) => name).join(", ")}`
    })
  }
  const names = fitting.map(({ name }) => name)
  throw new InputError({
    source: head.name,
    reason: `could be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    remedy: `say which with --format ${names.join(" or --format ")}`
  })
}

const noText = ({ bytes, name: source }: Head): InputError => {
  const kind = binaryKind(bytes)
  if (kind !== undefined) return new InputError({ source, reason: `is ${kind.is}`, remedy: kind.remedy })
  const line = bytes.subarray(0, bytes.indexOf(0)).filter((byte) => byte === 0x0a).length + 1
  const remedy = "make text of it first; from a text, take such bytes out: tr -d '\\000'"
  return new InputError({ source, line, reason: "holds a NUL, as no text does", remedy })
}

const fieldsOf = (head: Head): string => {
  const record = head.records[0]
  if (record === null || typeof record !== "object") return `${record === null ? "null" : typeof record}s`
  return Array.isArray(record) ? "lists" : Object.keys(record).slice(0, 12).join(", ")
}
