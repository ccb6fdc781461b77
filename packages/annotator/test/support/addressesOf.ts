import { contentAddress, figure2, settingsHash } from "../../src/index.ts"
import { sentencesOf } from "./sentencesOf.ts"

/** The content addresses of what `annotateChild` asks. */
export const addressesOf = (count: number): Array<string> => {
  const { hash, name, text, version } = figure2
  const settings = settingsHash({ prompt: { name, version, hash, text }, model: "m", parameters: { maxTokens: 1024 } })
  return sentencesOf(count).map((sentence) => contentAddress(settings, sentence.text))
}
