import { expect, test } from "bun:test"
import { wordRules } from "@nuner/zeroshot"

const cut = (text: string) => wordRules.published(text).map(({ word }) => word)

test("the published rule is Python's: marks end a word, hyphens join, control separators are white space, U+FEFF is seen", () => {
  expect(cut("O'Neil's 10.5%")).toEqual(["O", "'", "Neil", "'", "s", "10", ".", "5", "%"])
  expect(cut("New-York_City x--y _a")).toEqual(["New-York_City", "x", "-", "-", "y", "_a"])
  expect(cut("e\u0301a a\u001cb a\u0085b \ufeffc 😀d")).toEqual([
    "e",
    "\u0301",
    "a",
    "a",
    "b",
    "a",
    "b",
    "\ufeff",
    "c",
    "😀",
    "d"
  ])
  expect(cut("नमस्ते दुनिया")).toEqual(["नमस", "\u094d", "त", "\u0947", "द", "\u0941", "न", "\u093f", "य", "\u093e"])
})

test("offsets are UTF-16 units of the text", () => {
  const text = "😀 Zoë-Ann ￼"
  for (const { end, start, word } of wordRules.published(text)) expect(text.slice(start, end)).toBe(word)
})
