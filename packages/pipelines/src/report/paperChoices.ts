import { existsSync } from "node:fs"
import { AlignOptions } from "@nuner/aligner"
import { decodeOptions, readManifest } from "@nuner/core"
import type { PretrainSettings } from "@nuner/trainer"

export interface PaperChoices {
  readonly settings: PretrainSettings
  /** The aligned sentences; the manifest beside them says how they were aligned. */
  readonly aligned: string
  /** Tokens of a window, special ones included. */
  readonly window: number
  /** Sentences longer than that. */
  readonly windowed: number
}

/** What NuNER's paper leaves open and how a run of pre-training answered it, for the model card: question -> answer. */
export const paperChoices = async (run: PaperChoices): Promise<Record<string, string>> => {
  const { bias, conceptPooling, conceptText, learnTemperature, maskNearSynonyms, temperature } = run.settings
  const { projection, similarity, subTokens } = run.settings
  const divisor = temperature === "sqrt-hidden" ? "the square root of the width" : String(temperature)
  const alignment = await alignmentOf(run.aligned)
  return {
    logits:
      `${similarity === "dot" ? "dot product" : "cosine"} of token and concept, divided by ${divisor}` +
      `${learnTemperature ? ", learned from there on" : ""}${bias === "none" ? "" : ", plus a learned offset"}`,
    "projection layers": projection === undefined ? "none" : `linear, to ${projection} numbers on both sides`,
    "sub-tokens":
      subTokens === "all"
        ? "each that a mention overlaps carries its concept"
        : "the first of each word counts, and carries the concept of its mention",
    "concept text": `${conceptText === "name" ? "" : "the LLM's description, "}trimmed, white space and case folded`,
    "concept vector": conceptPooling === "first" ? "of the first token" : "mean of the name's sub-tokens",
    "repeated mentions": alignment === undefined ? "as the sentences came" : occurrences[alignment.policy],
    "overlapping mentions": alignment === undefined ? "as the sentences came" : overlaps[alignment.overlap],
    "long sentences": `windows of ${run.window} tokens that overlap by a quarter; nothing is cut (${run.windowed} sentences)`,
    "batches without a concept": "skipped",
    "missing annotations": `negatives${maskNearSynonyms ? ", but near-synonyms of a positive are left out" : ""}`
  }
}

const occurrences = {
  all: "every occurrence of an entity's string is labelled",
  first: "the first occurrence of an entity's string is labelled",
  "in-order": "the nth annotation of a string labels its nth occurrence"
} as const

const overlaps = {
  keep: "kept: a token may have several concepts",
  longest: "the longest is kept",
  drop: "dropped"
} as const

const alignmentOf = async (aligned: string) => {
  const path = `${aligned}.manifest.json`
  if (!existsSync(path)) return undefined
  const { settings, stage } = await readManifest(path)
  const { data: _, ...options } = settings // how the file was read is no choice of alignment
  return stage === "align" ? decodeOptions("align", AlignOptions, options) : undefined
}
