import { join } from "node:path"
import { useEngine } from "@nuner/engine"
import { oddTexts } from "@nuner/testing"
import { exportGliner, loadGliner } from "@nuner/zeroshot"

// Models as this package writes them, with their entities, for check.py: `bun ours.ts <folder>`.

await useEngine()
const [folder] = process.argv.slice(2)
const fixtures = join(import.meta.dir, "../fixtures")
const types = ["person", "city", "award"]
for (const name of ["width-1", "marker", "marker-v0", "token-level"]) {
  const model = await loadGliner(join(fixtures, name))
  const directory = join(folder!, name)
  await model.save(directory)
  await exportGliner(directory, model)
  const { entities } = await model.predict(oddTexts, types, { mode: "published", merge: "none", threshold: 0.45 })
  await Bun.write(join(directory, "entities.json"), JSON.stringify({ texts: oddTexts, types, entities }))
  model.dispose()
}
