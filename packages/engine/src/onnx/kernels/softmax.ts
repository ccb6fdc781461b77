import type { tf } from "../../tf.ts"
import { every, type Kernel, type Operand } from "../Kernel.ts"

const sameShape = (operands: readonly Operand[]) =>
  every(operands, "float32") ? [{ shape: [...operands[0]!.shape], dtype: "float32" as const }] : undefined

const fromEnd = (axis: number, { shape }: Operand) => (axis < 0 ? axis : axis - shape.length)

const softmax: Kernel<tf.SoftmaxAttrs> = {
  name: "Softmax",
  inputs: ["logits"],
  infer: sameShape,
  emit: (graph, values, [x], { dim }) => [graph.op("Softmax", values, { axis: fromEnd(dim, x!) })]
}

const logSoftmax: Kernel<tf.LogSoftmaxAttrs> = {
  name: "LogSoftmax",
  inputs: ["logits"],
  infer: sameShape,
  emit: (graph, values, [x], { axis }) => [graph.op("LogSoftmax", values, { axis: fromEnd(axis, x!) })]
}

export const softmaxKernels: readonly Kernel[] = [softmax, logSoftmax]
