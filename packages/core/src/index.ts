export { BalanceError, InputError, OptionError, OutputError, partsOf } from "./errors.ts"
export { LineLog } from "./files/LineLog.ts"
export { lockFile } from "./files/lockFile.ts"
export { outputError, refuseGzip, writeAtomic } from "./files/writeAtomic.ts"
export { openJsonl, type Rows, writeJson, writeJsonl, writeLines } from "./files/writers.ts"
export { type AlignedData, openAligned } from "./formats/aligned.ts"
export { DataOptions, type DataOptionsInput } from "./formats/DataOptions.ts"
export { describeData } from "./formats/describeData.ts"
export { asText, asWords } from "./formats/documents.ts"
export type { Document, Format, FormatOption, Places, TypedSpan, WriteOptions } from "./formats/Format.ts"
export { readEpisodes, writeEpisodes } from "./formats/fewNerd.ts"
export { idleOptions } from "./formats/idleOptions.ts"
export { isObject, isStrings, type JsonObject } from "./formats/jsonFormat.ts"
export { readJsonl } from "./formats/jsonl.ts"
export { type LabelledData, openLabelled, readLabelled } from "./formats/labelled.ts"
export { type Line, lines } from "./formats/lines.ts"
export { type Malformed, type Skipped, skipped } from "./formats/Malformed.ts"
export { markText, unmark } from "./formats/marked.ts"
export { checkEntities, type Data, type DataReport, type OpenOptions, openData } from "./formats/openData.ts"
export { PythonListError } from "./formats/PythonScanner.ts"
export { formatPythonList, parsePythonList } from "./formats/pythonList.ts"
export { formatNamed, formats } from "./formats/registry.ts"
export { RecordedResponse, readResponses } from "./formats/responses.ts"
export type { Chunks, Source } from "./formats/Source.ts"
export { type DocumentSentence, openSentences, readSentences, type SentenceData } from "./formats/sentences.ts"
export { type WriteConllOptions, writeConll } from "./formats/writeConll.ts"
export { issueOf } from "./issue.ts"
export { digestFile, FileDigest } from "./manifest/FileDigest.ts"
export {
  balance,
  Completion,
  ComputedOn,
  Counts,
  complete,
  Manifest,
  readManifest,
  writeManifest
} from "./manifest/Manifest.ts"
export { checkTexts } from "./options/checkTexts.ts"
export { decodeOptions, decodePreset, nearest } from "./options/decodeOptions.ts"
export {
  describeOptions,
  formatNeed,
  formatValue,
  type JsonSchema,
  kindOf,
  type OptionFields,
  type OptionInfo,
  type Presets
} from "./options/describeOptions.ts"
export { Fraction, NonNegative, Positive, PositiveInt, Rate } from "./options/numbers.ts"
export { type Need, type OptionText, option } from "./options/option.ts"
export { type Rng, rng } from "./Rng.ts"
export { AnnotatedSentence, Annotation } from "./schema/Annotation.ts"
export { decodeJson } from "./schema/decodeJson.ts"
export { Episode } from "./schema/Episode.ts"
export { jsonOf } from "./schema/jsonOf.ts"
export { Entity, LabelledSentence } from "./schema/LabelledSentence.ts"
export { AlignedSentence, Mention, Unaligned } from "./schema/Mention.ts"
export { Sentence } from "./schema/Sentence.ts"
export { Span } from "./schema/Span.ts"
export { typesIn } from "./schema/typesIn.ts"
export { type SchemeDetector, schemeDetector } from "./tags/detectScheme.ts"
export { fromTags, strayTag } from "./tags/fromTags.ts"
export { Scheme } from "./tags/Scheme.ts"
export { merged, overlap, toTags } from "./tags/toTags.ts"
export { type OffsetMap, type OffsetUnit, offsetMap } from "./text/offsets.ts"
export { sentenceKey } from "./text/sentenceKey.ts"
export { withoutSecrets } from "./text/withoutSecrets.ts"
export { codeOf, messageOf } from "./thrown.ts"
export { type Boundary, graphemeBoundaries, wordBoundaries } from "./words/boundaries.ts"
export { canonical } from "./words/canonical.ts"
export { Overlap, type Place, resolveOverlap } from "./words/overlap.ts"
export { sentenceSpans } from "./words/sentences.ts"
export { type FromSpans, type FromSpansOptions, fromSpans, OnCut, type TextSpan, toSpans } from "./words/spans.ts"
export { placedIn, type WordedText, wordedText } from "./words/wordedText.ts"
export { tokenSpans, type WordSpan, wordSpans } from "./words/wordSpans.ts"
export { type Word, words } from "./words/words.ts"
