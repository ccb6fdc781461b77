import type { Span } from "../schema/Span.ts"

/** A word and where it stands: `text.slice(start, end) === word`, in UTF-16 units. */
export interface Word extends Span {
  readonly word: string
}

/** Characters of a word; joiners and marks only behind another one. */
const joiner = "[\\u200c\\u200d]"
const letter = `[\\p{L}\\p{Mn}\\p{Mc}\\p{N}\\p{Pc}\\u200c\\u200d]`
/** Looked through inside of a word (soft hyphen, U+2060, U+FEFF, direction marks); the zero-width space ends one. */
const widthless = "[\\p{Default_Ignorable_Code_Point}--[\\u200b\\u200c\\u200d]]"
/** What goes with the character before it. */
const attached = `[\\p{M}\\p{EMod}\\u200c\\u200d\\u{e0020}-\\u{e007f}]`

/**
 * One alternative a kind of word, the first that matches wins:
 * key caps, numbers with separators (1,000.50), abbreviations (U.S.), the two halves of a negation (do n't), clitics ('s 're), runs of
 * letters, marks and digits, flags, emoji with their modifiers, and any other character that is seen, with the marks on it.
 */
const pattern = new RegExp(
  [
    `[0-9#*]\\ufe0f?\\u20e3`,
    `\\p{N}+(?:[.,]\\p{N}+)+`,
    `(?:\\p{L}\\.){2,}`,
    `\\p{L}+(?=n['’]t(?!${letter}))`,
    `n['’]t(?!${letter})`,
    `['’](?:s|m|d|ll|re|ve)(?!${letter})`,
    `(?!\\p{M}|${joiner})${letter}+(?:${widthless}+${letter}+)*(?:\\p{Me}\\p{M}*)?`,
    `\\p{RI}\\p{RI}${attached}*`,
    `\\p{Extended_Pictographic}(?:${joiner}\\p{Extended_Pictographic}|${attached})*`,
    `[\\S--[\\p{Default_Ignorable_Code_Point}\\p{M}]]${attached}*`
  ].join("|"),
  "giv"
)

/** The same for a text of ASCII, where it takes a third of the time. */
const asciiPattern = new RegExp(
  [
    `\\d+(?:[.,]\\d+)+`,
    `(?:[a-z]\\.){2,}`,
    `[a-z]+(?=n't(?!\\w))`,
    `n't(?!\\w)`,
    `'(?:s|m|d|ll|re|ve)(?!\\w)`,
    `\\w+`,
    `\\S`
  ].join("|"),
  "gi"
)
const notAscii = /[^ -~\s]/

/**
 * The words of a text, by rules of our own and the platform's dictionaries: finer than white space and as fine as the tokens of NER
 * datasets (`McCallum’s` is `McCallum` + `’s`, `high-rise` is `high` + `-` + `rise`), so that an entity rarely cuts a word. Scripts
 * without spaces (Han, Kana, Thai, Lao, Khmer, Burmese) are divided by `Intl.Segmenter`, Korean words before their particles
 * (`서울에서` is `서울` + `에서`). Nothing but white space and characters without width or base lies between words.
 */
export const words = (text: string): Array<Word> => {
  const found: Array<Word> = []
  if (!notAscii.test(text)) {
    asciiPattern.lastIndex = 0
    for (let match = asciiPattern.exec(text); match !== null; match = asciiPattern.exec(text)) {
      found.push({ word: match[0], start: match.index, end: match.index + match[0].length })
    }
    return found
  }
  for (const { 0: word, index } of text.matchAll(pattern)) {
    if (divided.test(word)) divide(word, index, found)
    else found.push({ word, start: index, end: index + word.length })
  }
  return found
}

/** A letter of a script without spaces, or of Korean: Thai to Lao, Burmese, Hangul, Khmer, Han and Kana, by the blocks that they are in. */
const divided = /[\u0e01-\u0eff\u1000-\u11ff\u1780-\u19ff\u2e80-\u9fff\ua960-\ufaff\uff66-\uffdc]/
const onlyHangul = /^[가-힣]+$/
const segmenter = new Intl.Segmenter("en", { granularity: "word" })

/** Adds the words in a run of letters, some of them of a script that does not part words by spaces. */
const divide = (run: string, at: number, found: Array<Word>): void => {
  const segments = onlyHangul.test(run) ? [{ segment: run, index: 0 }] : segmenter.segment(run)
  for (const { segment, index } of segments) {
    const start = at + index
    const end = start + segment.length
    const particle = end - particleLength(segment)
    found.push({ word: segment.slice(0, particle - start), start, end: particle })
    if (particle < end) found.push({ word: segment.slice(particle - start), start: particle, end })
  }
}

/** The length of the longest particle that ends a Korean word, 0 where none does. A particle of one syllable needs two before it. */
const particleLength = (word: string): number => {
  for (let length = Math.min(longestParticle, word.length - 1); length > 0; length--) {
    if (particles.has(word.slice(-length)) && word.length - length >= (length === 1 ? 2 : 1)) return length
  }
  return 0
}

/** Case and topic particles, alone and with a second one behind them, and forms of the copula. */
const particles = new Set([
  ..."에게서 에게 에서 에 한테서 한테 께서 께 으로서 으로써 으로 로서 로써 로 와 과 이랑 까지 부터 처럼 보다 마다 조차 마저 하고"
    .split(" ")
    .flatMap((particle) => ["", "는", "은", "도", "만", "의"].map((second) => particle + second)),
  ..."은 는 이 가 을 를 의 도 만 이나 이며 이고 이란 이라고 이라는 라고 라는 이다 입니다 이었다 였다".split(" ")
])
const longestParticle = Math.max(...Array.from(particles, ({ length }) => length))
