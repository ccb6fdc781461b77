import { expect, test } from "bun:test"
import { join } from "node:path"
import { readSafetensors, tf } from "@nuner/engine"
import { close, leakCheck, tempDir } from "@nuner/testing"
import { forward, loadEncoder, saveEncoder } from "../src/index.ts"
import { exported } from "./reference/exported.ts"

/** What AutoModel and AutoModelForTokenClassification gave for the directories that we wrote: see reference/check_export.py. */
for (const architecture of ["roberta", "bert"] as const) {
  test(`Python's transformers gave our numbers from the directories of a ${architecture}`, () =>
    leakCheck(async () => {
      const file = await readSafetensors(join(import.meta.dir, `fixtures/exported-${architecture}.safetensors`))
      const read = async (name: string) => (await file.read(name)) as Float32Array
      const [rows, tokens] = file.entries.get("ids")!.shape as [number, number]
      const ids = (await file.read("ids")) as Int32Array
      const mask = (await file.read("mask")) as Int32Array
      const { encoder, kernel, bias } = exported(architecture)
      const encodings = await encoder.tokenizer.encodeBatch(["Marie Curie shared the Nobel Prize", "Zoë 🥐", ""])
      for (const [row, encoding] of encodings.entries()) {
        expect([...ids.slice(row * tokens, row * tokens + encoding.ids.length)]).toEqual([...encoding.ids])
      }
      const batch = { ids, mask, rows, tokens }
      const [state] = forward(encoder, batch)
      close(state!.dataSync(), await read("last_hidden_state"), 1e-5)
      const logits = tf.tidy(() => {
        const flat = tf.reshape(state!, [-1, 16]) as tf.Tensor2D
        return Float32Array.from(tf.add(tf.matMul(flat, kernel as tf.Tensor2D), bias).dataSync())
      })
      close(logits, await read("logits"), 1e-5)
      using dir = tempDir()
      await saveEncoder(dir.path, encoder, { dtype: "F16" })
      const half = await loadEncoder(dir.path)
      const [rounded] = forward(half, batch)
      close(rounded!.dataSync(), await read("half"), 1e-5)
      tf.dispose([state!, rounded!, kernel, bias, Object.values(encoder.parameters)])
      half.dispose()
      await file.close()
    }))
}
