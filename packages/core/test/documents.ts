import { asText, asWords, type Document, type Format, openData, rng, wordBoundaries, words } from "../src/index.ts"

const pieces = [
  ..."a Ulla Oslo 1,000.50 U.S. n't - , . ( ) \" ' \\ / | # ; < > & ' ' [ ] _ * O".split(" "),
  " ",
  " ",
  " ",
  "  ",
  "\n",
  "\r",
  "\\\n",
  "\u00a0",
  "e\u0301",
  "👞",
  "👩‍👩‍👧",
  "🇫🇷",
  "小明在北京",
  "サイト",
  "สวัสดี",
  "서울에서",
  "שָׁלוֹם",
  "مرحبا",
  "Jo\u200bhn",
  "Os\u00adlo",
  "x\u2060y",
  "\u202bمرحبا\u202c"
]
const types = ["person", "O", "A", "Person | Role] x", "北京", "a:b", "B-x", "ORG", "👞"]

/** Documents of odd texts, with entities from word to word, and fields of their own. */
export const randomDocuments = (seed: number, flat: boolean): Array<Document> => {
  const random = rng(seed)
  const pick = <A>(list: ReadonlyArray<A>): A => list[random.int(list.length)]!
  return Array.from({ length: 1 + random.int(4) }, (_, n): Document => {
    const text = `${n === 1 ? "\ufeff" : ""}${Array.from({ length: random.int(12) }, () => pick(pieces)).join("")}Ulla${pick(["", ".", " 👞"])}`
    const places = words(text)
    const isBoundary = wordBoundaries(text)
    const entities = []
    for (let at = 0; at < places.length; at++) {
      if (random.int(3) > 0) continue
      const last = Math.min(places.length - 1, at + random.int(3))
      const span = { start: places[at]!.start, end: places[last]!.end }
      if (!isBoundary(span.start) || !isBoundary(span.end)) throw new Error("a word ends at no boundary")
      entities.push({ ...span, type: pick(types) })
      if (!flat && random.int(3) === 0) entities.push({ ...span, type: `${pick(types)}2` })
      at = last
    }
    return {
      line: n + 1,
      id: `${seed}-${n}`,
      text,
      entities: entities.toSorted(byPlace),
      fields: { source: "test", n }
    }
  })
}

const byPlace = (a: { start: number; end: number; type: string }, b: typeof a) =>
  a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : 1)

/** What each format keeps of a document beside its entities. */
const bare = ["conll", "marked", "spacy", "spacy-json"]
const keeps = (format: Format) => ({
  id: !bare.includes(format.name),
  fields: ![...bare, "brat"].includes(format.name),
  text: !["conll", "gliner", "hugging-face"].includes(format.name)
})

/** Writes documents and reads them back, by their content alone. */
export const reread = async (format: Format, documents: ReadonlyArray<Document>, path: string) => {
  await format.write!(
    path,
    (async function* () {
      yield* documents
    })(),
    {}
  )
  const kept = keeps(format)
  const part = (document: Document) => {
    const { text, entities } = asText(document)
    const { words: list, entities: overWords } = asWords(document)
    const plain = (all: ReadonlyArray<{ start: number; end: number; type: string }>) =>
      all.map(({ start, end, type }) => ({ start, end, type })).toSorted(byPlace)
    return {
      ...(kept.text ? { text, entities: plain(entities) } : { words: list, entities: plain(overWords) }),
      id: kept.id ? document.id : undefined,
      fields: kept.fields ? document.fields : undefined
    }
  }
  const found: Array<unknown> = []
  const files = format.name === "brat" ? documents.map(({ id }) => `${path}/${id}.ann`) : [path]
  for (const file of files)
    for await (const document of (await openData(file, { allowEmpty: true })).documents) found.push(part(document))
  return { expected: documents.map(part), found }
}
