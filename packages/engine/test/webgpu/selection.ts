/** What is chosen where a card's driver is there, which is software: prints the names. */
import { useEngine } from "../../src/index.ts"

await import("webgpu")
// Where no card is to be seen Linux is not even tried; other systems are.
Object.defineProperty(process, "platform", { value: "freebsd" })
const { name: chosen, tried } = await useEngine()
const { name: asked } = await useEngine({ prefer: "webgpu" })
console.log(JSON.stringify({ chosen, tried: tried.find(({ name }) => name === "webgpu")?.detail, asked }))
process.exit(0)
