/** The page: reads the model beside it, and marks the entities of what is typed. */
import { openClassifier } from "@nuner/classifier/web"
import * as runtime from "onnxruntime-web/wasm"

runtime.env.wasm.wasmPaths = new URL("ort/", document.baseURI).href
runtime.env.wasm.numThreads = 1

const [text, found] = [document.querySelector("textarea")!, document.querySelector("#found")!]
const classifier = await openClassifier("model", { runtime })

const show = async (): Promise<void> => {
  const [entities] = await classifier.predict([text.value])
  const parts: Array<Node | string> = []
  let done = 0
  for (const { start, end, type, score } of entities!) {
    const mark = Object.assign(document.createElement("mark"), { title: `${type} ${score.toFixed(2)}` })
    mark.dataset.type = type
    mark.style.background = `hsl(${([...type].reduce((sum, c) => sum + c.charCodeAt(0), 0) * 47) % 360} 80% 85%)`
    mark.textContent = text.value.slice(start, end)
    parts.push(text.value.slice(done, start), mark)
    done = end
  }
  found.replaceChildren(...parts, text.value.slice(done))
}

// One after the other: a text that is typed into while it is read is read again.
let reading = Promise.resolve()
text.addEventListener("input", () => {
  reading = reading.then(show)
})
await show()
// For whoever drives the page: what it finds, as data.
Object.assign(window, { predict: classifier.predict })
