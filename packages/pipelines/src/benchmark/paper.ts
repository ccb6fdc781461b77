/** A table of Bogdanov et al. (2024), "NuNER: Entity Recognition Encoder Pre-training via LLM-Annotated Data". */
export interface PaperTable {
  readonly number: number
  readonly title: string
  /** Under which protocol its numbers were made, as far as ours can stand beside them. */
  readonly protocol: "frozen" | "full"
  readonly unit: "k" | "words"
  readonly metric: "tokenMacroF1" | "entityMicroF1"
  /** Whether its numbers are averages over datasets, or of one each. */
  readonly of: "average" | "dataset"
  /** What was measured on what. */
  readonly conditions: string
  /** Name -> size -> value as printed. */
  readonly rows: Readonly<Record<string, Readonly<Record<number, string>>>>
}

const ks = [1, 2, 4, 8, 16, 32, 64]
const row = (values: string, sizes: ReadonlyArray<number> = ks): Record<number, string> => {
  const cells = values.split(" ")
  return Object.fromEntries(sizes.flatMap((size, i) => (cells[i] === "-" ? [] : [[size, cells[i]!]])))
}
const at = (size: number, value: string): Record<number, string> => ({ [size]: value })

const frozen = {
  protocol: "frozen",
  unit: "k",
  of: "average",
  metric: "tokenMacroF1",
  conditions:
    "average over OntoNotes 5.0, BioNLP 2004, MIT Restaurant and MIT Movie, 10 sets; RoBERTa-base, 125M parameters"
} as const
const full = { protocol: "full", unit: "k", metric: "entityMicroF1" } as const
const words = {
  protocol: "full",
  unit: "words",
  of: "dataset",
  metric: "tokenMacroF1",
  conditions: "1,000 test sentences; LLMs by in-context learning, UniversalNER (7B) and NuNER fine-tuned"
} as const
const kw = [0, 1, 2, 4, 8, 16, 32, 64]

/** What the paper reports, F1 with its deviation, by row and size: shown beside ours as what it is, other weights on other data. */
export const paperTables: ReadonlyArray<PaperTable> = [
  {
    ...{ number: 2, title: "NuNER and UniversalNER, entity level", ...full, of: "average" },
    conditions: "average over BioNLP, MIT Movie, MIT Restaurant and OntoNotes, 3 sets; NuNER 125M, UniversalNER 7B",
    rows: {
      UniversalNER: { 8: "57.89 ± 4.34", 64: "71.02 ± 1.53" },
      NuNER: { 8: "58.75 ± 0.93", 64: "70.30 ± 0.35" }
    }
  },
  {
    ...{ number: 3, title: "transfer of the frozen encoder (Figure 7)", ...frozen },
    rows: {
      RoBERTa: row("24.46 35.30 44.65 52.56 58.12 62.00 65.42"),
      "RoBERTa w. NER-BERT": row("32.32 42.33 50.94 57.42 61.85 64.96 67.61"),
      NuNER: row("39.37 51.46 59.60 64.78 67.84 69.98 71.53")
    }
  },
  {
    ...{ number: 4, title: "effect of text diversity (Figure 8)", ...frozen },
    rows: {
      "anchor-annotated Wikipedia": row("32.52 41.86 50.35 57.40 61.82 64.81 67.46"),
      "LLM-annotated Wikipedia": row("38.23 49.99 57.32 62.76 66.39 68.85 70.74"),
      "LLM-annotated C4": row("38.64 50.55 57.82 63.26 66.76 69.18 70.93")
    }
  },
  {
    ...{ number: 5, title: "effect of concept diversity (Figure 9)", ...frozen },
    rows: {
      "4 concepts (12.5 %)": row("32.78 44.40 52.57 59.35 63.74 66.76 69.31"),
      "16 concepts (25 %)": row("36.95 47.33 54.75 60.66 65.05 67.67 70.02"),
      "154 concepts (50 %)": row("39.56 49.75 56.60 61.84 65.49 67.96 70.03"),
      "1,500 concepts (75 %)": row("39.45 50.53 57.58 62.78 66.38 68.92 70.76"),
      "80,000 concepts (100 %)": row("38.83 50.69 57.97 63.43 66.83 69.27 71.04")
    }
  },
  {
    ...{ number: 6, title: "effect of the size of the pre-training data (Figure 10)", ...frozen },
    rows: {
      "1,000 sentences": row("32.8 45.5 54.0 60.3 64.3 66.5 68.3"),
      "3,000 sentences": row("35.6 48.0 56.2 61.9 65.4 67.8 69.4"),
      "10,000 sentences": row("37.3 49.3 56.9 62.5 66.1 68.4 70.0"),
      "30,000 sentences": row("38.3 50.2 57.6 63.0 66.6 69.0 70.7"),
      "100,000 sentences": row("38.9 50.8 58.1 63.5 66.9 69.3 71.1"),
      "300,000 sentences": row("39.3 51.6 59.1 64.5 67.7 69.8 71.6"),
      "1,000,000 sentences": row("39.4 51.5 59.6 64.8 67.8 70.0 71.5")
    }
  },
  {
    ...{ number: 7, title: "effect of model size (Figure 11)", ...frozen },
    rows: {
      NuNER: row("39.37 51.46 59.60 64.78 67.84 69.98 71.53"),
      "NuNER-large (355M)": row("42.02 53.70 61.33 65.97 68.79 70.63 71.99")
    }
  },
  {
    ...{ number: 8, title: "datasets of Table 2, k = 8", ...full, of: "dataset" },
    conditions: "3 sets; NuNER 125M, UniversalNER 7B",
    rows: {
      "BioNLP, NuNER": at(8, "43.84 ± 2.18"),
      "BioNLP, UniversalNER": at(8, "41.79 ± 17.08"),
      "MIT Movie, NuNER": at(8, "58.69 ± 1.16"),
      "MIT Movie, UniversalNER": at(8, "61.57 ± 2.26"),
      "MIT Restaurant, NuNER": at(8, "62.66 ± 2.28"),
      "MIT Restaurant, UniversalNER": at(8, "63.4 ± 1.69"),
      "OntoNotes, NuNER": at(8, "69.82 ± 1.64"),
      "OntoNotes, UniversalNER": at(8, "64.8 ± 1.17")
    }
  },
  {
    ...{ number: 9, title: "datasets of Table 2, k = 64", ...full, of: "dataset" },
    conditions: "3 sets; NuNER 125M, UniversalNER 7B",
    rows: {
      "BioNLP, NuNER": at(64, "61.18 ± 1.15"),
      "BioNLP, UniversalNER": at(64, "59.94 ± 6.03"),
      "MIT Movie, NuNER": at(64, "65.56 ± 0.29"),
      "MIT Movie, UniversalNER": at(64, "69.50 ± 0.57"),
      "MIT Restaurant, NuNER": at(64, "73.66 ± 0.65"),
      "MIT Restaurant, UniversalNER": at(64, "75.84 ± 0.97"),
      "OntoNotes, NuNER": at(64, "80.81 ± 0.41"),
      "OntoNotes, UniversalNER": at(64, "78.78 ± 0.26")
    }
  },
  {
    ...{ number: 10, title: "comparison with LLMs on MIT Restaurant (Figure 12)", ...words },
    rows: {
      "GPT-3.5": row("51.70 77.26 78.83 80.01 81.00 82.00 81.34 -", kw),
      "GPT-4": row("69.54 79.66 81.48 84.54 85.35 - - -", kw),
      UniversalNER: row("28.35 - - - 76.56 80.30 82.36 83.40", kw),
      NuNER: row("- 38.48 51.08 74.47 78.67 81.58 82.53 84.79", kw)
    }
  },
  {
    ...{ number: 11, title: "comparison with LLMs on BioNLP (Figure 12)", ...words },
    rows: {
      "GPT-3.5": row("63.48 67.62 70.70 70.22 70.86 68.88 69.12 -", kw),
      "GPT-4": row("61.09 70.82 77.10 76.32 78.80 - - -", kw),
      UniversalNER: row("60.23 - - - 69.52 76.09 80.09 80.96", kw),
      NuNER: row("- 40.39 50.02 56.31 68.01 76.31 78.78 80.85", kw)
    }
  }
]
