import "./bun.ts"

export type { Annotated, AnnotateEvent, Failed } from "./AnnotateEvent.ts"
export { AnnotateOptions, type AnnotateOptionsInput, annotateOptions } from "./AnnotateOptions.ts"
export { type AnnotateInput, annotate } from "./annotate.ts"
export { type AnnotateFailure, annotateStream } from "./annotateStream.ts"
export { cancelBatches } from "./cancelBatches.ts"
export {
  bundledPrices,
  costOf,
  datedPrices,
  fetchPrices,
  Price,
  PriceTable,
  priceOf,
  readPriceTable
} from "./cost/PriceTable.ts"
export { type TokenCounter, tokenCounter } from "./cost/tokenCounter.ts"
export { forecast, formatForecast } from "./forecast.ts"
export { cleanJob, exportJob, ledgerJobs } from "./jobs.ts"
export { contentAddress, settingsHash } from "./ledger/address.ts"
export type { JobReport, LedgerEntry } from "./ledger/Jobs.ts"
export { Ledger, type LedgerShape } from "./ledger/Ledger.ts"
export { LedgerError } from "./ledger/LedgerError.ts"
export { layerLedger } from "./ledger/layerLedger.ts"
export { layerPostgres } from "./ledger/postgres.ts"
export { layerSqlite } from "./ledger/sqlite.ts"
export { PASSING_REASONS } from "./ledger/sqlQueue.ts"
export { type AnthropicOptions, anthropic } from "./llm/anthropic.ts"
export { Llm, type LlmAnswer, type LlmRequest, type LlmShape, type Message, type Usage } from "./llm/Llm.ts"
export { LlmError } from "./llm/LlmError.ts"
export { type OpenAiOptions, openai } from "./llm/openai.ts"
export { layerProvider, ProviderName, ProviderOptions } from "./llm/provider.ts"
export { type RecordedAnswer, readRecordedAnswers, recorded } from "./llm/recorded.ts"
export type { Parsed, RejectedLine } from "./parse/Parsed.ts"
export { parseEntities } from "./parse/parseEntities.ts"
export { parseLines } from "./parse/parseLines.ts"
export { figure2 } from "./prompt/figure2.ts"
export { type InContextExample, type InContextNerOptions, inContextNer } from "./prompt/inContextNer.ts"
export { definePrompt, type Prompt } from "./prompt/Prompt.ts"
export { structured } from "./prompt/structured.ts"
export { universalNer } from "./prompt/universalNer.ts"
export { type Forecast, forecastEffect } from "./run/forecast.ts"
export { formatProgress, type Progress } from "./run/Progress.ts"
export { exitCode, formatSummary, type Summary } from "./run/Summary.ts"
export { layersOf } from "./wiring.ts"
export { work } from "./work.ts"
export { type WorkEvent, workStream } from "./workStream.ts"
