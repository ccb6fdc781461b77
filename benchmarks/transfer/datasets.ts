import { join } from "node:path"

/** Name -> files of the five evaluation datasets, under the folder of real data. */
export const datasets = (data: string): Record<string, { readonly train: string; readonly test: string }> => {
  const at = (folder: string, train: string, test: string) => ({
    train: join(data, "few-shot", folder, train),
    test: join(data, "few-shot", folder, test)
  })
  return {
    "MIT Movie": at("mit-movie", "train.bio", "test.bio"),
    JNLPBA: at("jnlpba", "train.reconstructed.tsv", "test.tsv"),
    WNUT17: at("wnut17", "train.conll", "test.conll"),
    "CrossNER politics": at("crossner/politics", "train.txt", "test.txt"),
    "CrossNER science": at("crossner/science", "train.txt", "test.txt")
  }
}
