/**
 * Runs commands, given as JSON, in a process that may write no byte into a file: the nearest to a full disk that needs no disk. What each
 * said is printed as JSON.
 */
import { inProcess } from "./inProcess.ts"

const commands: ReadonlyArray<ReadonlyArray<string>> = JSON.parse(process.argv[2]!)
const said = []
for (const args of commands) said.push(await inProcess(...args))
process.stdout.write(`\n${JSON.stringify(said)}\n`)
process.exit(0)
