import type { Unrepresented } from "@nuner/zeroshot"
import type { Recogniser } from "./loadRecogniser.ts"

/** What a zero-shot model could not represent of what it read. */
export interface Limits extends Unrepresented {
  /** The widest entity that it can mark, in words; absent: any. */
  readonly maxWidth?: number
  /** Of labelled sentences: entities that are wider. */
  readonly tooWide?: number
}

/**
 * What stood in the way so far; undefined for a model that knows its types.
 *
 * @param widths of the entities that are to be found, in words, where they are known
 */
export const limitsOf = (
  { maxWidth, unrepresented }: Pick<Recogniser, "maxWidth" | "unrepresented">,
  widths?: ReadonlyArray<number>
): Limits | undefined => {
  if (unrepresented === undefined) return undefined
  const tooWide = widths?.filter((width) => width > (maxWidth ?? Number.POSITIVE_INFINITY)).length
  return { ...unrepresented(), ...(maxWidth !== undefined && { maxWidth }), ...(tooWide !== undefined && { tooWide }) }
}

/** The same for people; nothing where nothing was lost. */
export const limitLines = (limits: Limits): Array<string> => {
  const { emptyTexts, maxWidth, repeatedTypes, tooWide, typeGroups, unreadWords, windowedTexts } = limits
  const lines: ReadonlyArray<readonly [count: number, line: string]> = [
    [emptyTexts, `${emptyTexts} texts without a word`],
    [windowedTexts, `${windowedTexts} texts were longer than is read at once: read in windows`],
    [unreadWords, `${unreadWords} words were cut off`],
    [repeatedTypes, `${repeatedTypes} types were given again: the first counts`],
    [typeGroups - 1, `types were read in ${typeGroups} groups, which do not see each other`],
    [
      tooWide ?? maxWidth ?? 0,
      tooWide === undefined
        ? `entities of more than ${maxWidth} words are out of reach`
        : `${tooWide} entities have more than ${maxWidth} words, out of reach`
    ]
  ]
  return lines.flatMap(([count, line]) => (count > 0 ? [line] : []))
}
