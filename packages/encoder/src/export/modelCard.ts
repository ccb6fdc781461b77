import { InputError } from "@nuner/core"

/** A number that was measured. */
export interface CardMetric {
  /** As in Hugging Face's list of tasks. Default "token-classification". */
  readonly task?: string
  readonly dataset: string
  /** "f1", "micro-f1 (k = 4)". */
  readonly metric: string
  readonly value: number
}

export interface ModelCard {
  /** The title. */
  readonly name: string
  /** What the model is and how it was made, in Markdown. */
  readonly description: string
  /** An SPDX identifier in lower case: "apache-2.0", "mit". */
  readonly license: string
  /** The model it was trained from: a name on the hub. */
  readonly base?: string
  /** Names or descriptions of the corpora. */
  readonly datasets?: ReadonlyArray<string>
  /** ISO 639-1. Default ["en"]. */
  readonly languages?: ReadonlyArray<string>
  readonly metrics?: ReadonlyArray<CardMetric>
  /** Every choice that the run made, above all those that the paper leaves open: option -> value. */
  readonly settings?: Readonly<Record<string, string | number | boolean | ReadonlyArray<string | number>>>
  /** Default "feature-extraction"; "token-classification" for a model with a head. */
  readonly task?: string
}

/**
 * README.md of a model: the YAML head that the hub reads (licence, base, data, results), then the text, the settings and the results as tables.
 *
 * @throws InputError for a field that would break the head
 */
export const modelCard = (card: ModelCard): string => {
  const { name, description, license, base, languages = ["en"], metrics = [], settings = {} } = card
  if (!/^[a-z0-9][a-z0-9.+-]*$/.test(license)) {
    throw new InputError({
      source: "model card",
      field: "license",
      reason: `"${license}" is no SPDX identifier in lower case`
    })
  }
  for (const { dataset, metric, value } of metrics) {
    if (!Number.isFinite(value)) {
      throw new InputError({ source: "model card", field: "metrics", reason: `${metric} on ${dataset} is ${value}` })
    }
  }
  const head = [
    `license: ${license}`,
    `language: ${list(languages)}`,
    ...(base ? [`base_model: ${quote(base)}`] : []),
    // The hub allows only names of its own here; anything else belongs in the text.
    ...when(
      "datasets",
      (card.datasets ?? []).filter((dataset) => /^[\w.-]+(\/[\w.-]+)?$/.test(dataset))
    ),
    `tags: ${list(["nuner", "ner", "named-entity-recognition"])}`,
    `pipeline_tag: ${card.task ?? "feature-extraction"}`,
    "library_name: transformers",
    ...(metrics.length > 0 ? modelIndex(name, metrics) : [])
  ]
  const rows = Object.entries(settings).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.join(", ") : String(value)
  ])
  const results = metrics.map(({ dataset, metric, value }) => [dataset, metric, String(value)])
  const sections = [
    ["---", ...head, "---"].join("\n"),
    `# ${name}`,
    description.trim(),
    ...(card.datasets?.length ? ["## Data", card.datasets.map((dataset) => `- ${dataset}`).join("\n")] : []),
    ...(rows.length > 0 ? ["## Settings", table(["option", "value"], rows)] : []),
    ...(results.length > 0 ? ["## Results", table(["data", "metric", "value"], results)] : [])
  ]
  return `${sections.join("\n\n")}\n`
}

/** JSON's strings and lists are YAML's. */
const quote = (text: string): string => JSON.stringify(text)

const list = (items: ReadonlyArray<string>): string => `[${items.map(quote).join(", ")}]`

const when = (key: string, items: ReadonlyArray<string>): Array<string> =>
  items.length > 0 ? [`${key}: ${list(items)}`] : []

const modelIndex = (name: string, metrics: ReadonlyArray<CardMetric>): Array<string> => [
  "model-index:",
  `  - name: ${quote(name)}`,
  "    results:",
  ...metrics.flatMap(({ task = "token-classification", dataset, metric, value }) => [
    `      - task: { type: ${quote(task)} }`,
    `        dataset: { name: ${quote(dataset)}, type: ${quote(dataset)} }`,
    `        metrics: [{ type: ${quote(metric)}, value: ${value} }]`
  ])
]

const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [header, header.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`)
    .join("\n")
