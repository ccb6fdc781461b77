import { OptionError } from "../errors.ts"

/**
 * Refuses one text where texts are read: it is iterable as they are, and each of its characters would be a text.
 *
 * @throws OptionError
 */
export const checkTexts = (component: string, texts: unknown): void => {
  if (typeof texts !== "string") return
  throw new OptionError({
    component,
    option: "texts",
    reason: "is one text, and many are asked for",
    remedy: "put it in a list"
  })
}
