/**
 * About how many sub-tokens a text has, without a tokeniser: a word is one, and one more for every four letters beyond eight; a digit is a
 * half; any other mark is one. On web text batches of like estimate are nearly as even as batches of like length.
 */
export const tokensAbout = (text: string): number => {
  let tokens = 0
  let letters = 0
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 0
    if (isLetter(unit)) {
      letters++
      continue
    }
    if (letters > 0) tokens += 1 + Math.max(0, letters - 8) / 4
    letters = 0
    if (unit >= 0x30 && unit <= 0x39) tokens += 0.5
    else if (unit > 0x20) tokens += 1
  }
  return Math.ceil(tokens)
}

/** Of alphabetic scripts; signs of others, such as Chinese, are a token each. */
const isLetter = (unit: number): boolean =>
  (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0xc0 && unit < 0x2000)
