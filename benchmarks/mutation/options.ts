import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Mutant, mutant } from "./Mutant.ts"
import { isNode, type Node, parse, walk } from "./syntax.ts"

/**
 * For each option of each schema that a source decodes, a mutant that decodes the options as if this one had not been given. A required
 * option cannot be left out: it is given as a number one larger.
 */
export const optionMutants = (root: string, file: string, source: string): Array<Mutant> => {
  const mutants: Array<Mutant> = []
  for (const { node } of walk(parse(file, source))) {
    const callee = node.type === "CallExpression" && (node.callee as Node).name
    if (callee !== "decodeOptions" && callee !== "decodePreset") continue
    const [component, schema] = node.arguments as Array<Node>
    const given = (node.arguments as Array<Node>).at(-1)!
    const callers = callersOptions(given)
    if (callers === undefined) continue
    const { end, start } = callers
    const options = source.slice(start, end)
    for (const [name, required] of schemaFields(root, file, schema!)) {
      const replacement =
        required && given.type === "Identifier"
          ? `{ ...${options}, ${name}: ${options}.${name} + 1 }`
          : `(({ ${name}: ignored, ...others }) => others)(${options})`
      const kind = replacement.startsWith("{") ? "one larger" : "ignored"
      const change = `option ${name} of ${component!.value} ${kind}`
      mutants.push(mutant(file, source, { start, end, replacement, change, hint: name }))
    }
  }
  return mutants
}

/** Where a call adds to the options, the caller's come last: `{ ...added, ...options }`. `undefined` where nothing is the caller's. */
const callersOptions = (given: Node): Node | undefined => {
  if (given.type !== "ObjectExpression") return given
  const last = (given.properties as Array<Node>).at(-1)!
  if (last.type !== "SpreadElement") return given
  const spread = last.argument as Node
  return spread.type === "Identifier" ? spread : undefined
}

/** The fields of a schema by name, and whether each is required, followed through spreads, names and imports. */
const schemaFields = (root: string, file: string, node: Node): Map<string, boolean> => {
  if (node.type === "Identifier") {
    const found = declaration(root, file, node.name as string)
    const fields = schemaFields(root, found.file, found.node)
    for (const name of found.without) fields.delete(name)
    return fields
  }
  // X.fields is the fields of X; X.mapFields, X.check and the like keep them.
  if (node.type === "MemberExpression") return schemaFields(root, file, node.object as Node)
  if (node.type === "CallExpression") {
    const { callee } = node as Node & { callee: Node }
    const isStruct = (callee.property as Node | undefined)?.name === "Struct"
    return schemaFields(root, file, isStruct ? (node.arguments as Array<Node>)[0]! : callee)
  }
  if (node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression") {
    return schemaFields(root, file, node.expression as Node)
  }
  if (node.type !== "ObjectExpression") throw new Error(`${file}: no fields of a schema in a ${node.type}`)
  const fields = new Map<string, boolean>()
  for (const property of node.properties as Array<Node>) {
    if (property.type === "SpreadElement") {
      for (const [name, required] of schemaFields(root, file, property.argument as Node)) fields.set(name, required)
    } else fields.set((property.key as Node).name as string, isRequired(root, file, property.value as Node))
  }
  return fields
}

const isRequired = (root: string, file: string, value: Node): boolean => {
  for (const { node } of walk(value)) {
    if (node.type !== "Identifier") continue
    const name = node.name as string
    if (/^(optional(Key)?|withDecodingDefault(Key)?|withDefault)$/.test(name)) return false
    if (node === value || node === value.callee) {
      const found = declaration(root, file, name)
      return isRequired(root, found.file, found.node)
    }
  }
  return true
}

interface Declaration {
  readonly file: string
  readonly node: Node
  /** Keys of the value that the name is not for: `const { a, ...name } = value`. */
  readonly without: ReadonlyArray<string>
}

/** The value of a name: in its file, or where the file has it from. */
const declaration = (root: string, file: string, name: string): Declaration => {
  const program = parse(file, readFileSync(join(root, file), "utf8"))
  for (const statement of program.body as Array<Node>) {
    const from = isNode(statement.source) ? sourceFile(file, statement.source.value as string) : undefined
    const named = (statement.specifiers ?? []) as Array<Node>
    if (from !== undefined && named.some(({ local }) => (local as Node).name === name)) {
      return declaration(root, from, name)
    }
    const declared = isNode(statement.declaration) ? statement.declaration : statement
    for (const { id, init } of (declared.declarations ?? []) as Array<Node>) {
      if (!isNode(init)) continue
      if ((id as Node).name === name) return { file, node: init, without: [] }
      const properties = ((id as Node).properties ?? []) as Array<Node>
      const rest = properties.find(({ type }) => type === "RestElement")?.argument as Node | undefined
      if (rest?.name !== name) continue
      const taken = properties.filter(({ type }) => type !== "RestElement")
      return { file, node: init, without: taken.map(({ key }) => (key as Node).name as string) }
    }
  }
  throw new Error(`${file}: where is ${name}?`)
}

/** Where the code of an import lies, if it is ours. */
const sourceFile = (file: string, from: string): string | undefined => {
  if (from.startsWith(".")) return join(dirname(file), from)
  const [, name] = /^@nuner\/(\w+)$/.exec(from) ?? []
  return name && `packages/${name}/src/index.ts`
}
