import { InputError } from "@nuner/core"

export interface SpecialToken {
  readonly token: string
  readonly id: number
}

export interface SpecialTokens {
  /** Before every text: `<s>` or `[CLS]`. Its vector stands for the whole text. */
  readonly first: SpecialToken
  /** After every text: `</s>` or `[SEP]`. */
  readonly last: SpecialToken
  readonly pad: SpecialToken
  readonly unknown: SpecialToken
  /** Absent from some vocabularies. */
  readonly mask?: SpecialToken
}

/** The conventional names of RoBERTa and of BERT. */
export const specialNames = {
  roberta: { first: "<s>", last: "</s>", pad: "<pad>", unknown: "<unk>", mask: "<mask>" },
  bert: { first: "[CLS]", last: "[SEP]", pad: "[PAD]", unknown: "[UNK]", mask: "[MASK]" }
} as const

/** What a tokenizer itself says of its special tokens. */
export interface KnownTokens {
  /** That its frame puts before and after every text: `<bos>` and `<eos>` of some. */
  readonly first: string | undefined
  readonly last: string | undefined
  /** What its model gives for what it does not know; MPNet has RoBERTa's names and BERT's `[UNK]`. */
  readonly unknown: string | undefined
}

/**
 * @param known where it says nothing, the conventional names
 * @throws InputError
 */
export const findSpecialTokens = (
  idOf: (token: string) => number | undefined,
  known: KnownTokens,
  source: string
): SpecialTokens => {
  for (const names of [specialNames.roberta, specialNames.bert]) {
    const find = (token: string): SpecialToken | undefined => {
      const id = idOf(token)
      return id === undefined ? undefined : { token, id }
    }
    const [first, last] = [find(known.first ?? names.first), find(known.last ?? names.last)]
    const [pad, mask, other] = [find(names.pad), find(names.mask), find(known.unknown ?? names.unknown)]
    if (first && last && pad && other) return { first, last, pad, unknown: other, ...(mask ? { mask } : {}) }
  }
  throw new InputError({
    source,
    reason: "has neither RoBERTa's special tokens (<s>, </s>, <pad>, <unk>) nor BERT's ([CLS], [SEP], [PAD], [UNK])"
  })
}
