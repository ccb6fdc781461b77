/** Converts a position in code points to one in UTF-16 units. */
export type ToUtf16 = (codePoint: number) => number

/** For one text: the tokenizers library counts code points, the house counts UTF-16 units. Linear once, constant per look-up. */
export const toUtf16 = (text: string): ToUtf16 => {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return (codePoint) => codePoint
  const positions: Array<number> = []
  let unit = 0
  for (const character of text) {
    positions.push(unit)
    unit += character.length
  }
  positions.push(unit)
  return (codePoint) => positions[codePoint] ?? unit
}
