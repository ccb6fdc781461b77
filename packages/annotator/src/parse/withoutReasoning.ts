const TAGS = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
/** A tag that a separator follows is an entity: "<thought> <> HTML tag". */
const NO_ENTITY = "(?!\\s*<\\s*>)"
const BLOCK = new RegExp(`<(${TAGS})\\b[^>]*>${NO_ENTITY}[\\s\\S]*?</\\1\\s*>`, "gi")
/** A block that was cut short: an answer that begins with one has nothing else. */
const CUT = new RegExp(`^\\s*<(?:${TAGS})\\b[^>]*>${NO_ENTITY}[\\s\\S]*$`, "i")
/** Templates that open the block in the prompt leave its end alone in the answer. */
const HEAD = new RegExp(`^[\\s\\S]*</(?:${TAGS})\\s*>${NO_ENTITY}`, "i")
const SIGNED = /◁think▷[\s\S]*?(?:◁\/think▷|$)/g
/** Channels of OpenAI's open models: what is final stands behind the last of these. */
const CHANNEL = /^[\s\S]*<\|channel\|>\s*final\s*(?:<\|[^|]*\|>[^<]*)*?<\|message\|>/
const TOKENS = /<\|(?:end|return|start|message)\|>/g

/** An answer without what a reasoning model thought aloud before it. */
export const withoutReasoning = (answer: string): string => {
  const final = CHANNEL.test(answer) ? answer.replace(CHANNEL, "").replace(TOKENS, "") : answer
  const text = final.replace(BLOCK, "").replace(CUT, "").replace(SIGNED, "").replace(HEAD, "")
  return text === answer ? answer : text.trim()
}
