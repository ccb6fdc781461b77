import { describe, expect, test } from "bun:test"
import { rng, tokenSpans, wordSpans, words } from "../src/index.ts"

const span = (start: number, end: number) => ({ start, end })

describe("words", () => {
  test("the words that a mention touches, and whether it cuts one", () => {
    const text = "a US-based New York firm"
    const whiteSpaced = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => span(index, index + word.length))
    expect(wordSpans([span(2, 4), span(11, 19), span(0, 24), span(1, 2)], whiteSpaced)).toEqual([
      { start: 1, end: 2, cut: true },
      { start: 2, end: 4, cut: false },
      { start: 0, end: 5, cut: false },
      undefined
    ])
    expect(wordSpans([span(2, 4)], words(text))).toEqual([{ start: 1, end: 2, cut: false }])
    expect(wordSpans([span(5, 15)], whiteSpaced)).toEqual([{ start: 1, end: 3, cut: true }])
  })
})

describe("sub-tokens", () => {
  test("special tokens and padding have empty spans anywhere; tokens of one character go together", () => {
    // <s> Zo [two byte-level tokens of 😀] e </s> </s> on <pad>
    const offsets = [
      span(0, 0),
      span(0, 2),
      span(2, 4),
      span(2, 4),
      span(4, 5),
      span(0, 0),
      span(0, 0),
      span(6, 8),
      span(0, 0)
    ]
    expect(tokenSpans([span(0, 5), span(2, 4), span(6, 8), span(5, 6), span(8, 9)], offsets)).toEqual([
      span(1, 5),
      span(2, 4),
      span(7, 8),
      undefined,
      undefined
    ])
    expect(tokenSpans([span(0, 1)], [])).toEqual([undefined])
  })

  test("equals the definition, character by character, on random tokens", () => {
    const random = rng("tokens")
    for (let round = 0; round < 500; round++) {
      // In the order of the text: some empty, some sharing the characters of the one before, some behind a gap.
      const offsets = [span(0, 0)]
      let at = random.int(2)
      while (at < 20) {
        const end = at + random.int(4)
        for (let copies = 0; copies <= random.int(2); copies++) offsets.push(end > at ? span(at, end) : span(0, 0))
        at = end + random.int(2)
      }
      const start = random.int(20)
      const mention = span(start, start + 1 + random.int(6))
      const sharing = offsets.flatMap((token, i) =>
        Array.from({ length: token.end - token.start }, (_, c) => token.start + c).some(
          (c) => c >= start && c < mention.end
        )
          ? [i]
          : []
      )
      const expected = sharing.length === 0 ? undefined : span(sharing[0]!, sharing.at(-1)! + 1)
      expect(tokenSpans([mention], offsets)).toEqual([expected])
    }
  })
})
