import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Program, parseSync } from "oxc-parser"

/** Something that a module exports, as its source declares it. */
export interface Declaration {
  readonly name: string
  /** From the repository's root. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** The declaration without the bodies of functions. */
  readonly signature: string
  /** The docstring as Markdown; empty where there is none. */
  readonly doc: string
}

type Node = Program["body"][number]

interface Module {
  readonly source: string
  readonly parsed: ReturnType<typeof parseSync>
}

/** Values longer than this are shown by their first lines. */
const mostLines = 40

/**
 * Everything that a module exports, through all its re-exports, in the order of the alphabet. It is read from the source: nothing is type-checked, and
 * what the authors wrote is what is shown.
 *
 * @param root of the repository
 * @param entry from there: "packages/core/src/index.ts"
 * @throws Error for an export whose declaration is not found
 */
export const declarationsOf = (root: string, entry: string): ReadonlyArray<Declaration> => {
  const modules = new Map<string, Module>()
  const open = (file: string): Module => {
    const known = modules.get(file)
    if (known !== undefined) return known
    const source = readFileSync(join(root, file), "utf8")
    const module = { source, parsed: parseSync(file, source) }
    modules.set(file, module)
    return module
  }

  const find = (file: string, name: string): Declaration | undefined => {
    const { parsed, source } = open(file)
    for (const { entries } of parsed.module.staticExports) {
      const { exportName, importName, moduleRequest } = entries.find((one) => one.exportName.name === name) ?? {}
      if (exportName === undefined || moduleRequest == null) continue
      // What another package declares is on that package's page.
      if (!moduleRequest.value.startsWith(".")) return undefined
      return find(join(dirname(file), moduleRequest.value), importName?.name ?? name)
    }
    // A type and a value may have one name: both are shown.
    const nodes = parsed.program.body.filter((node) => declares(node, name))
    if (nodes.length === 0) throw new Error(`${file}: where is ${name} declared?`)
    return {
      name,
      file,
      line: source.slice(0, nodes[0]!.start).split("\n").length,
      signature: nodes.map((node) => signatureOf(source, node)).join("\n\n"),
      doc: nodes.map((node) => docBefore({ source, parsed }, node.start)).find((doc) => doc !== "") ?? ""
    }
  }

  const names = open(entry).parsed.module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ exportName }) => (exportName.name === null ? [] : [exportName.name]))
  )
  return [...new Set(names)]
    .flatMap((name) => find(entry, name) ?? [])
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"))
}

/** Whether a statement declares the name. */
const declares = (node: Node, name: string): boolean => {
  const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node
  if (declaration?.type === "VariableDeclaration")
    return declaration.declarations.some(({ id }) => id.type === "Identifier" && id.name === name)
  return (
    declaration != null && "id" in declaration && declaration.id?.type === "Identifier" && declaration.id.name === name
  )
}

const signatureOf = (source: string, node: Node): string => {
  const declaration = node.type === "ExportNamedDeclaration" && node.declaration !== null ? node.declaration : node
  const text = (to: number, from: number = declaration.start) => source.slice(from, to).trimEnd()
  if (declaration.type === "FunctionDeclaration" && declaration.body !== null) return text(declaration.body.start)
  if (declaration.type === "VariableDeclaration") {
    const { init } = declaration.declarations[0]!
    if (init?.type === "ArrowFunctionExpression") return text(init.body!.start).replace(/\s*=>$/, "")
  }
  if (declaration.type === "ClassDeclaration") {
    let shown = ""
    let at = declaration.start
    for (const member of declaration.body.body) {
      const hidden = "accessibility" in member && member.accessibility === "private"
      const secret = "key" in member && member.key?.type === "PrivateIdentifier"
      if (hidden || secret) {
        shown += text(member.start, at).replace(/\s*\/\*\*(?:(?!\*\/)[\s\S])*\*\/$/, "")
        at = member.end
      } else if (member.type === "MethodDefinition" && member.value.body !== null) {
        shown += text(member.value.body.start, at)
        at = member.end
      }
    }
    return shown + text(declaration.end, at)
  }
  const lines = text(declaration.end).split("\n")
  return lines.length > mostLines && declaration.type === "VariableDeclaration"
    ? [...lines.slice(0, mostLines), "  // ..."].join("\n")
    : lines.join("\n")
}

const docBefore = ({ parsed, source }: Module, start: number): string => {
  const comment = parsed.comments.findLast(({ end, type }) => type === "Block" && end <= start)
  if (comment === undefined || !comment.value.startsWith("*") || source.slice(comment.end, start).trim() !== "")
    return ""
  return comment.value
    .slice(1)
    .replace(/^[ \t]*\* ?/gm, "")
    .trim()
}
