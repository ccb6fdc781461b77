import { type Mutant, mutant } from "./Mutant.ts"
import { isNode, type Node, parse, walk } from "./syntax.ts"

const binary: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*="
}

/** Methods that take the same arguments and mean something else; `tf.` and `Math.` ones among them. */
const methods: Readonly<Record<string, string>> = {
  max: "min",
  min: "max",
  floor: "ceil",
  ceil: "floor",
  round: "floor",
  some: "every",
  every: "some",
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  startsWith: "endsWith",
  endsWith: "startsWith"
}

/** Every mutant of an operator, a constant, a condition, a method or a statement in a source. */
export const operatorMutants = (file: string, source: string): Array<Mutant> => {
  const mutants: Array<Mutant> = []
  const replace = (start: number, end: number, replacement: string, change?: string) =>
    mutants.push(mutant(file, source, { start, end, replacement, ...(change === undefined ? {} : { change }) }))
  const text = ({ end, start }: Node) => source.slice(start, end)
  for (const { node, parents } of walk(parse(file, source))) {
    const { left, right, operator } = node as Node & { left: Node; right: Node; operator: string }
    switch (node.type) {
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression": {
        if (operator === "??") replace(node.start, node.end, text(right))
        const other = binary[operator]
        const concatenates = operator.startsWith("+") && (isText(left) || isText(right))
        if (other === undefined || concatenates) break
        const at = source.indexOf(operator, left.end)
        const change = `${text(node)} => ${text(left)} ${other} ${text(right)}`.replace(/\s+/g, " ")
        replace(at, at + operator.length, other, change)
        break
      }
      case "UnaryExpression":
        if (operator === "!" || operator === "-")
          replace(node.start, node.start + 1, "", `${text(node)} => ${text(node).slice(1)}`)
        break
      case "Literal": {
        const { value } = node
        if (typeof value === "number")
          replace(
            node.start,
            node.end,
            `${Number.isInteger(value) ? value + 1 : value * 2}`,
            `${near(parents, source)}: ${text(node)} => ${Number.isInteger(value) ? value + 1 : value * 2}`
          )
        if (typeof value === "boolean")
          replace(node.start, node.end, `${!value}`, `${near(parents, source)}: ${value} => ${!value}`)
        break
      }
      case "ConditionalExpression": {
        const [test, yes, no] = [node.test, node.consequent, node.alternate].map((part) => text(part as Node))
        replace(node.start, node.end, `${test} ? ${no} : ${yes}`)
        break
      }
      case "IfStatement": {
        const test = node.test as Node
        replace(test.start, test.end, "false", `if (${text(test)}) => if (false)`.replace(/\s+/g, " "))
        break
      }
      case "CallExpression": {
        const property = (node.callee as Node).property
        if (!isNode(property) || property.type !== "Identifier") break
        const other = methods[property.name as string]
        if (other !== undefined)
          replace(property.start, property.end, other, `${text(node)} => .${other}`.replace(/\s+/g, " ").slice(0, 160))
        break
      }
      case "ExpressionStatement":
        if (["CallExpression", "AwaitExpression"].includes((node.expression as Node).type))
          replace(node.start, node.end, ";")
        break
    }
  }
  return mutants
}

/** What a constant stands in, on one line. */
const near = ([parent]: ReadonlyArray<Node>, source: string): string =>
  source.slice(parent!.start, parent!.end).replace(/\s+/g, " ").slice(0, 80)

const isText = ({ type, value }: Node): boolean => type === "TemplateLiteral" || typeof value === "string"
