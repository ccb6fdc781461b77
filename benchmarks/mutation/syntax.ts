import { parseSync } from "oxc-parser"

/** A node of the syntax tree (ESTree with TypeScript), and its place in the source. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export const parse = (file: string, source: string): Node => {
  const { errors, program } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  return program as unknown as Node
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string"

/** Of TypeScript's own syntax only these hold code that runs. */
const running = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"])

/** The nodes that are evaluated when the code runs, each before those inside of it. `parents`: the nearest first. */
export function* walk(
  node: Node,
  parents: ReadonlyArray<Node> = []
): Generator<{ node: Node; parents: ReadonlyArray<Node> }> {
  if (node.type === "ImportDeclaration" || (node.type.startsWith("TS") && !running.has(node.type))) return
  yield { node, parents }
  const inner = [node, ...parents]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, inner)
  }
}
