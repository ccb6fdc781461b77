import { Redacted } from "effect"
import { annotate, openai, work } from "../../src/index.ts"
import { sentencesOf } from "./sentencesOf.ts"

/** A process to kill: `annotateChild.ts <annotate|work> <ledger> <url> <sentences> <concurrency>`; prints its summary. */
const [mode, ledger = "", baseUrl = "", count = "0", concurrency = "8"] = process.argv.slice(2)
const provider = openai({ apiKey: Redacted.make("k"), baseUrl })
const options = {
  ...{ provider, model: "m", ledger, concurrency: Number(concurrency), retrySeconds: 0.05 },
  ...(ledger.startsWith("postgres") && { leaseSeconds: 3 }),
  prices: { date: "2026-01-01", models: { m: { input: 1, output: 2 } } }
}
const sentences = sentencesOf(Number(count))
const events = mode === "work" ? work(options) : annotate({ ...options, sentences })
for await (const event of events) if (event.type === "summary") console.log(JSON.stringify(event.summary))
