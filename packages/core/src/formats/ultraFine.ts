import { idOf, isObject, isStrings, jsonFormat, otherFields } from "./jsonFormat.ts"

/**
 * Ultra-fine entity typing (Choi et al. 2018): one mention a sentence with free-form types, as a text with an entity a type. The text is the
 * tokens joined by spaces.
 */
export const ultraFine = jsonFormat({
  name: "ultra-fine",
  title: "ultra-fine entity typing: a mention between its left and right context, and its types",
  unit: "utf16",
  fits: (value) => isObject(value) && "left_context_token" in value && "y_str" in value,
  document: ({ fail, line, value }) => {
    if (!isObject(value)) return fail("", "no object")
    const { left_context_token: left, mention_span: mention, right_context_token: right, y_str: types } = value
    if (!isStrings(left)) return fail("left_context_token", "no list of words")
    if (!isStrings(right)) return fail("right_context_token", "no list of words")
    if (typeof mention !== "string" || mention === "") return fail("mention_span", "no text")
    if (!isStrings(types)) return fail("y_str", "no list of types")
    const start = left.reduce((length, token) => length + token.length + 1, 0)
    return {
      line,
      id: idOf(value.annot_id),
      text: [...left, mention, ...right].join(" "),
      entities: types.map((type) => ({ start, end: start + mention.length, type })),
      fields: otherFields(value, ["annot_id", "left_context_token", "mention_span", "right_context_token", "y_str"])
    }
  }
})
