export { allConceptNames, type ConceptSentence, conceptNames, keepConcepts } from "./concepts/ConceptSentence.ts"
export {
  type ConceptFrequencies,
  type ConceptFrequency,
  type Coverage,
  conceptFrequencies,
  coverageCurve,
  frequenciesOf,
  topConcepts
} from "./concepts/conceptFrequencies.ts"
export { foldConcept } from "./concepts/foldConcept.ts"
export {
  type ConceptCorpus,
  type ConceptSelection,
  chooseSentences,
  type SelectOptions,
  SelectSettings,
  type SentenceChoice,
  sampleSentences,
  selectConcepts
} from "./concepts/selectConcepts.ts"
export { SentenceStore, type StoredMention, type StoredSentence } from "./corpus/SentenceStore.ts"
export { tokensAbout } from "./corpus/tokensAbout.ts"
export { type Split, type SplitOptions, SplitSettings, splitSentences } from "./splitSentences.ts"
export {
  type Cells,
  type ConceptTargets,
  conceptTargets,
  denseCells,
  type LabelledTokens,
  type TargetOptions,
  TargetSettings
} from "./targets/conceptTargets.ts"
export { nearSynonyms } from "./targets/nearSynonyms.ts"
export { type TokenLabel, type TokenLabels, tokenLabels } from "./targets/tokenLabels.ts"
