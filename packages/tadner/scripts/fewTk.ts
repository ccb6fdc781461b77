/**
 * The worth of each switch on Few_TK: `bun packages/tadner/scripts/fewTk.ts <data> <encoder> <out> [--limit 50] [--rate 3e-4] [--source-rate 5e-4]
 * [--epochs 3] [--files inter/3_1,intra/3_1] [--phi last4]`. `<data>` is the folder few-nerd-format. Source models are trained once each, episodes
 * are run in every variation; everything goes on where it was cut short. Prints a Markdown table and writes it to `<out>/SWITCHES.md`.
 * Few_TK is not Few-NERD.
 */
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "50" },
    rate: { type: "string", default: "3e-4" },
    "source-rate": { type: "string", default: "5e-4" },
    epochs: { type: "string", default: "3" },
    files: { type: "string", default: "inter/3_1" },
    phi: { type: "string", default: "last4" }
  }
})
const [data, encoder, out] = positionals
if (data === undefined || encoder === undefined || out === undefined) {
  console.error("usage: fewTk.ts <data> <encoder> <out> [--limit 50] [--files inter/3_1,intra/3_1]")
  process.exit(1)
}

const cli = resolve(import.meta.dir, "../../pipelines/src/cli.ts")
const nuner = async (...args: ReadonlyArray<string>): Promise<void> => {
  const process = Bun.spawn([Bun.which("bun")!, cli, "tadner", ...args], { stdout: "ignore", stderr: "inherit" })
  if ((await process.exited) !== 0) throw new Error(`nuner tadner ${args.join(" ")} failed`)
}

/** Each source model and what it is trained with. */
const models = {
  corrected: ["--mode", "corrected"],
  io: ["--mode", "corrected", "--scheme", "IO"],
  lossy: ["--mode", "corrected", "--lose-adjacent-singletons", "on"],
  published: ["--mode", "published"]
} as const

/** Name in the table, source model, and switches of adaptation. */
const variations: ReadonlyArray<readonly [string, keyof typeof models, ReadonlyArray<string>]> = [
  ["corrected", "corrected", []],
  ["corrected, but dropout stays on", "corrected", ["--type-dropout", "on"]],
  ["corrected, but IO tags", "io", []],
  ["corrected, but adjacent singletons lost", "lossy", ["--lose-adjacent-singletons", "on"]],
  ["corrected, but truncated and misaligned", "corrected", ["--long", "truncate", "--misalign", "on"]],
  ["corrected, but without the filter", "corrected", ["--filter", "off"]],
  ["published, crashes as empty predictions", "published", ["--mode", "published", "--on-no-span", "empty"]],
  ["published", "published", ["--mode", "published"]]
]

interface Scores {
  readonly f1: number
  readonly otherF1: number
  readonly spanF1: number
  readonly typing: number
  readonly crashed: number
  readonly secondsPerEpisode: number
}

const lines: Array<string> = []
const say = (line: string): void => {
  lines.push(line)
  console.log(line)
}
const columns = [
  "variation",
  "micro F1",
  "other type choice",
  "span F1",
  "typing of gold spans",
  "crashed",
  "s/episode"
]

for (const file of values.files.split(",")) {
  const [split, shape] = file.split("/")
  for (const [name, options] of Object.entries(models)) {
    const schedule = ["--epochs", values.epochs, "--learning-rate", values["source-rate"], "--type-names", "few-tk"]
    const place = ["--encoder", encoder, "--out", join(out, `${split}-${name}`)]
    await nuner("train", join(data, split!, "train.txt"), ...place, ...schedule, ...options)
  }
  say(`\nFew_TK ${split}, test_${shape}, the first ${values.limit} episodes (not Few-NERD)\n`)
  say(`| ${columns.join(" | ")} |\n|---${"|---:".repeat(columns.length - 1)}|`)
  for (const [i, [name, model, switches]] of variations.entries()) {
    const place = join(out, `${split}-${shape}`, String(i))
    const episodes = join(data, `episodes_${split}`, `test_${shape}.jsonl`)
    const adaptation = ["--learning-rate", values.rate, "--phi", values.phi, "--limit", values.limit]
    await nuner(
      ...["episodes", episodes, "--model", join(out, `${split}-${model}`), "--out", place, "--type-names", "few-tk"],
      ...adaptation,
      ...switches
    )
    const [scores] = (await Bun.file(join(place, "scores.json")).json()) as ReadonlyArray<Scores>
    const { crashed, f1, otherF1, secondsPerEpisode, spanF1, typing } = scores!
    const cells = [f1, otherF1, spanF1, typing].map((value) => value.toFixed(2))
    say(`| ${[name, ...cells, crashed, secondsPerEpisode.toFixed(2)].join(" | ")} |`)
  }
}
await Bun.write(join(out, "SWITCHES.md"), `${lines.join("\n")}\n`)
