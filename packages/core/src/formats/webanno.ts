import { InputError } from "../errors.ts"
import type { Span } from "../schema/Span.ts"
import type { Format, RawDocument, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"

/**
 * WebAnno TSV 3, as INCEpTION exports it: `#T_SP=layer|feature|..` names the columns, `#Text=` a sentence, then a row a token: its number, its place in
 * the document, itself, and a column a feature; `_` for none, `*` for a label without a value, `value[7]` for one that goes over several
 * tokens, several labels parted by `|`. It is written in Java: offsets are UTF-16. The layer of named entities is read, or else the first; a label without a
 * value is of the type that `untyped` names.
 */
export const webanno: Format = {
  name: "webanno",
  reads: ["offsets", "untyped"],
  title: "INCEpTION and WebAnno: TSV 3",
  unit: "utf16",
  recognise: ({ shape, lines }) => shape === "text" && lines.some((line) => /^#FORMAT=WebAnno TSV 3/.test(line)),
  async *read(source, reading) {
    const layers: Array<Layer> = []
    let column: number | undefined
    let sentence: Sentence | undefined
    let broken: InputError | undefined
    let index = 0
    const end = (): RawDocument | undefined => {
      const [ended, error] = [sentence, broken]
      sentence = undefined
      broken = undefined
      if (error !== undefined) reading.malformed(error)
      if (ended === undefined || error !== undefined) return undefined
      return { line: ended.line, id: `${++index}`, text: ended.text, tokens: ended.tokens, entities: ended.entities }
    }
    const onMalformed = (error: InputError) => {
      broken ??= error
    }
    for await (const { text: row, number } of lines(source, { onMalformed })) {
      const layer = /^#T_(SP|CH|RL)=([^|]*)\|?(.*)$/.exec(row)
      if (layer !== null)
        layers.push({ kind: layer[1]!, name: layer[2]!, features: layer[3] === "" ? [] : layer[3]!.split("|") })
      else if (row.startsWith("#Text=")) {
        const text = unescaped(row.slice("#Text=".length))
        if (sentence !== undefined && sentence.tokens.length === 0) sentence.text += `\n${text}`
        else {
          const document = end()
          if (document !== undefined) yield document
          sentence = { line: number, text, tokens: [], entities: [], open: new Map(), start: undefined }
        }
      } else if (row === "") {
        const document = sentence !== undefined && sentence.tokens.length > 0 ? end() : undefined
        if (document !== undefined) yield document
      } else if (!row.startsWith("#")) {
        column ??= columnOf(layers, reading.detail)
        const fault =
          sentence === undefined ? "a token before any #Text=" : token(sentence, row, column, reading.options.untyped)
        if (fault !== undefined) broken ??= new InputError({ source: reading.source, line: number, reason: fault })
      }
    }
    const document = end()
    if (document !== undefined) yield document
  }
}

interface Layer {
  /** SP: of spans, CH: of chains, RL: of relations. */
  readonly kind: string
  readonly name: string
  readonly features: ReadonlyArray<string>
}

interface Sentence {
  readonly line: number
  text: string
  readonly tokens: Array<Span>
  readonly entities: Array<RawSpan>
  /** Entities over several tokens, by their number in the file. */
  readonly open: Map<string, number>
  /** Where the sentence starts in the document. */
  start: number | undefined
}

/** The column, behind the three of a token, that holds the type of named entities. */
const columnOf = (layers: ReadonlyArray<Layer>, detail: (what: string) => void): number => {
  const spans = layers.filter(({ kind }) => kind === "SP")
  const named = ({ features, name }: Layer) => [name, ...features].some((one) => /entit|(^|[._])ner($|[._])/i.test(one))
  const chosen = spans.find(({ name }) => name.endsWith(".NamedEntity")) ?? spans.find(named) ?? spans[0]
  if (chosen === undefined) return -1
  const byName = chosen.features.findIndex((feature) => /^(value|label|type)$/i.test(feature))
  const value = Math.max(
    0,
    byName >= 0 ? byName : chosen.features.findIndex((feature) => !/id(entifier)?$/i.test(feature))
  )
  detail(`layer ${[chosen.name.split(".").at(-1), ...chosen.features.slice(value, value + 1)].join(", ")}`)
  let at = 3
  for (const layer of layers) {
    if (layer === chosen) break
    // A relation has a column more, for what it is attached to; a layer without features has one all the same.
    at +=
      Math.max(1, layer.features.filter((feature) => !feature.startsWith("BT_")).length) + (layer.kind === "RL" ? 1 : 0)
  }
  return at + value
}

/** Adds a token and its labels. @returns what is wrong with the row */
const token = (sentence: Sentence, row: string, column: number, untyped: string): string | undefined => {
  const cells = row.split("\t")
  const [, first, last] = /^(\d+)-(\d+)$/.exec(cells[1] ?? "") ?? []
  if (!/^\d+-\d+(\.\d+)?$/.test(cells[0] ?? "") || first === undefined || cells[2] === undefined)
    return "no token: its number, place and word"
  sentence.start ??= Number(first)
  const place = { start: Number(first) - sentence.start, end: Number(last) - sentence.start }
  if (!cells[0]!.includes(".")) sentence.tokens.push(place)
  const cell = column < 0 ? "_" : cells[column]
  if (cell === undefined) return `${cells.length} columns, where the labels should be in column ${column + 1}`
  for (const label of cell === "_" ? [] : (cell.match(/(?:\\.|[^\\|])+/g) ?? [])) {
    const [, value = label, chain] = /^(.*?)\[(\d+)\]$/.exec(label) ?? []
    const type = value === "*" ? untyped : unescaped(value)
    if (type === "_" || type === "") continue
    const known = chain === undefined ? undefined : sentence.open.get(chain)
    if (known !== undefined) sentence.entities[known] = { ...sentence.entities[known]!, end: place.end }
    else {
      if (chain !== undefined) sentence.open.set(chain, sentence.entities.length)
      sentence.entities.push({ ...place, type })
    }
  }
  return undefined
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => ({ n: "\n", r: "\r", t: "\t" })[character] ?? character)
