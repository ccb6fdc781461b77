/** The strings that spaCy has numbers of its own for: the position in the list; every other is kept by its hash. */
export const spacySymbols: ReadonlyMap<string, number> = new Map(
  [
    ..." IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL IS_STOP".split(
      " "
    ),
    ..."IS_OOV_DEPRECATED IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY".split(" "),
    ...Array.from({ length: 45 }, (_, n) => `FLAG${n + 19}`),
    ..."ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START SPACY".split(
      " "
    ),
    ..."PROB LANG ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE".split(
      " "
    ),
    ...Array.from({ length: 276 }, (_, n) => `DEPRECATED${String(n + 1).padStart(3, "0")}`),
    ..."PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT MONEY QUANTITY".split(
      " "
    ),
    ..."ORDINAL CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj csubjpass".split(
      " "
    ),
    ..."dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj nsubjpass num number oprd obj".split(
      " "
    ),
    ..."obl parataxis partmod pcomp pobj poss possessive preconj prep prt punct quantmod relcl rcmod root xcomp acl".split(
      " "
    ),
    ..."ENT_KB_ID MORPH ENT_ID IDX _".split(" ")
  ].map((name, number) => [name, number])
)

/** spaCy's hash of a string: 64-bit MurmurHash2 (variant A, Appleby) of its UTF-8 bytes, seed 1; nothing is 0. */
export const hashOf = (string: string): bigint => {
  const bytes = new TextEncoder().encode(string)
  if (bytes.length === 0) return 0n
  const view = new DataView(bytes.buffer)
  const mix = (block: bigint): bigint => {
    const scaled = wrap(block * factor)
    return wrap((scaled ^ (scaled >> 47n)) * factor)
  }
  let hash = 1n ^ wrap(BigInt(bytes.length) * factor)
  let at = 0
  for (; at + 8 <= bytes.length; at += 8) hash = wrap((hash ^ mix(view.getBigUint64(at, true))) * factor)
  if (at < bytes.length) {
    for (let i = bytes.length - 1; i >= at; i--) hash ^= BigInt(bytes[i]!) << BigInt(8 * (i - at))
    hash = wrap(hash * factor)
  }
  hash = wrap((hash ^ (hash >> 47n)) * factor)
  return hash ^ (hash >> 47n)
}

const factor = 0xc6a4a7935bd1e995n
const wrap = (number: bigint): bigint => BigInt.asUintN(64, number)
