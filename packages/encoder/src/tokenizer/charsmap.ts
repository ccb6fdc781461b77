/**
 * How SentencePiece normalises: a table from a few characters to what is written for them, which a `tokenizer.json` holds as it was compiled ("Precompiled").
 * Its bytes are the trie's size, the trie (a double array, Darts-clone's) over UTF-8, and the replacements, each ended by a zero.
 *
 * @param base64 the field `precompiled_charsmap`
 * @returns what a grapheme is written as: that of its shortest beginning in the table, where the grapheme has less than six bytes and one is there, else each
 * of its characters by itself
 */
export const charsmapOf = (base64: string): ((grapheme: string) => string) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  const trieBytes = view.getUint32(0, true)
  const unit = (index: number) => view.getUint32(4 + 4 * index, true)
  const replacements = bytes.subarray(4 + trieBytes)
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()]

  const replacementAt = (place: number) => decoder.decode(replacements.subarray(place, replacements.indexOf(0, place)))
  /** A unit's label is its low byte (and its sign bit), the way to its children an offset of 22 bits, in steps of 256 where bit 9 is set. */
  const childrenOf = (value: number) => (value >>> 10) << ((value & 0x200) >>> 6)
  const lookUp = (text: string): string | undefined => {
    let node = childrenOf(unit(0))
    for (const byte of encoder.encode(text)) {
      if (byte === 0) return
      node ^= byte
      const value = unit(node)
      if ((value & 0x800000ff) !== byte) return
      node ^= childrenOf(value)
      if (value & 0x100) return replacementAt(unit(node) & 0x7fffffff)
    }
    return
  }
  return (grapheme) => {
    const whole = encoder.encode(grapheme).length < 6 ? lookUp(grapheme) : undefined
    return whole ?? Array.from(grapheme, (character) => lookUp(character) ?? character).join("")
  }
}
