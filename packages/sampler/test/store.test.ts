import { describe, expect, test } from "bun:test"
import { type AlignedSentence, rng } from "@nuner/core"
import { SentenceStore, tokensAbout } from "@nuner/sampler"

/** More than two blocks of sentences, with texts of every kind, some without a mention, some with annotations that found no place. */
const made = (count: number): Array<AlignedSentence> => {
  const random = rng("store")
  const words = ["Ana", "café", "東京", "😀", "of", "\ufeffmark", "größe", "a"]
  return Array.from({ length: count }, (_, i) => {
    const text = Array.from({ length: 1 + random.int(30) }, () => words[random.int(words.length)]!).join(" ")
    const mentions = Array.from({ length: random.int(5) }, () => {
      const start = random.int(text.length)
      const end = start + 1 + random.int(text.length - start)
      const description = random.int(2) === 0 ? {} : { description: `said ${random.int(50)}` }
      return { start, end, concept: `concept ${random.int(300)}`, match: "exact" as const, ...description }
    })
    const unaligned = random.int(4) === 0 ? [{ entity: "x", concept: `lost ${random.int(20)}`, reason: "absent" }] : []
    return { id: `s${i}`, text, mentions, ...(unaligned.length > 0 && { unaligned }) }
  })
}

const sentences = made(9000)
async function* stream() {
  yield* sentences
}
const bytesOf = (content: Iterable<unknown>) =>
  [...content].reduce((sum: number, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0)

describe("SentenceStore", () => {
  test("gives back what training needs of every sentence, from a list and from a stream", async () => {
    for (const store of [await SentenceStore.from(sentences), await SentenceStore.from(stream())]) {
      expect(store.count).toBe(sentences.length)
      for (const [i, { mentions, text, unaligned = [] }] of sentences.entries()) {
        const plain = mentions.map(({ concept, end, start }) => ({ start, end, concept }))
        expect(store.at(i)).toEqual({ text, mentions: plain })
        expect(store.names(i)).toEqual(mentions.map(({ concept }) => concept))
        expect(store.allNames(i)).toEqual([...mentions, ...unaligned].map(({ concept }) => concept))
        expect(store.lengths[i]).toBe(tokensAbout(text))
      }
    }
  })

  test("keeps descriptions where they are asked for", async () => {
    const store = await SentenceStore.from(sentences, { descriptions: true })
    const described = sentences.flatMap(({ mentions }) =>
      mentions.map((mention) => (mention as { description?: string }).description)
    )
    expect(sentences.flatMap((_, i) => store.at(i).mentions.map(({ description }) => description))).toEqual(described)
  })

  test("leaves texts out where nobody reads them", async () => {
    const [whole, bare] = [await SentenceStore.from(sentences), await SentenceStore.from(sentences, { texts: false })]
    const text = sentences.reduce((sum, sentence) => sum + Buffer.byteLength(sentence.text), 0)
    expect(bytesOf(whole.content()) - bytesOf(bare.content())).toBe(text)
    expect(bare.at(7)).toEqual({ ...whole.at(7), text: "" })
  })

  test("is as large as its text and sixteen bytes a mention, a few a sentence: no object is kept", async () => {
    const store = await SentenceStore.from(sentences)
    const text = sentences.reduce((sum, sentence) => sum + Buffer.byteLength(sentence.text), 0)
    const mentions = sentences.reduce((sum, sentence) => sum + sentence.mentions.length, 0)
    const unaligned = sentences.reduce((sum, sentence) => sum + (sentence.unaligned?.length ?? 0), 0)
    expect(bytesOf(store.content())).toBe(text + 16 * mentions + 4 * unaligned + 14 * sentences.length)
    const [names] = [...store.content()].slice(-1) as [ReadonlyArray<string>]
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeLessThanOrEqual(320)
  })

  test("its content tells sentences apart, and their order", async () => {
    const print = async (list: ReadonlyArray<AlignedSentence>) =>
      Bun.hash(
        [...(await SentenceStore.from(list)).content()]
          .map((part) =>
            ArrayBuffer.isView(part)
              ? Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("hex")
              : JSON.stringify(part)
          )
          .join("|")
      )
    const [a, b, c] = sentences
    const prints = await Promise.all(
      [[a!, b!], [b!, a!], [a!, c!], [a!], [a!, { ...b!, text: `${b!.text}!` }]].map(print)
    )
    expect(new Set(prints).size).toBe(prints.length)
    expect(await print([a!, b!])).toBe(prints[0]!)
  })

  test("a mention outside of its text, or without a concept, is refused by name", async () => {
    const bad = (start: number, end: number, concept = "x") =>
      SentenceStore.from([
        sentences[0]!,
        { id: "s1", text: "abc", mentions: [{ start, end, concept, match: "exact" }] }
      ])
    await expect(bad(1, 4)).rejects.toThrow("sentence s1: mentions[0]: 1..4 is no part of a text of 3 characters")
    await expect(bad(2, 2)).rejects.toThrow("2..2 is no part")
    await expect(bad(0, 1, " \t")).rejects.toThrow("sentence s1: mentions[0]: its concept has no name but white space")
    expect((await bad(0, 3)).count).toBe(2)
    expect((await SentenceStore.from([])).count).toBe(0)
  })
})

test("about how many tokens: words, long words, numbers, marks, signs of their own", () => {
  const cases: Array<[string, number]> = [
    ["", 0],
    ["A short sentence.", 4],
    ["internationalisation", 4],
    ["in 1987, at 5:30", 8],
    ["東京 größe", 3]
  ]
  for (const [text, tokens] of cases) expect([text, tokensAbout(text)]).toEqual([text, tokens])
})
