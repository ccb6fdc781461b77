import { existsSync } from "node:fs"
import { figure, legend, lineChart, type Section, table } from "@nuner/report"
import { readTrainingLog } from "../../services/trainingLog.ts"
import { lossLines, means } from "../lossCurve.ts"

/** What training told on its way: loss, what else each step has, and the scores of validation. */
export const trainingSections = (log: string): Array<Section> => {
  if (!existsSync(log)) return []
  const events = readTrainingLog(log)
  const of = (type: string) => events.filter((event) => event.type === type)
  const [steps, validations] = [of("step"), of("validation")]
  const at = (event: (typeof events)[number]) => event.step ?? 0
  const scores = validations.map((event) => ({ step: at(event), of: event.scores as Readonly<Record<string, number>> }))
  const lines = lossLines({
    training: steps.map((event) => ({ step: at(event), loss: Number(event.loss) })),
    validation: scores.map(({ of, step }) => ({ step, loss: of.loss ?? Number.NaN }))
  })
  const others = [
    ...["lr", "gradNorm", "tokensPerSecond"].map(
      (name) => [name, (event: (typeof events)[number]) => event[name]] as const
    ),
    ...Object.keys((steps[0]?.metrics as object | undefined) ?? {}).map(
      (name) =>
        [name, (event: (typeof events)[number]) => (event.metrics as Readonly<Record<string, number>>)[name]] as const
    )
  ]
  const telemetry = others.flatMap(([name, value]) => {
    const points = means(steps.map((event) => ({ step: at(event), loss: Number(value(event)) })))
    if (!points.some(({ loss }) => Number.isFinite(loss))) return []
    const chart = { title: `${name} by step`, x: "optimizer steps", y: name, width: 420, height: 200 }
    return [lineChart({ ...chart, lines: [{ name, points: points.map(({ loss, step }) => ({ x: step, y: loss })) }] })]
  })
  const names = [...new Set(scores.flatMap(({ of }) => Object.keys(of)))]
  return [
    {
      title: "Training",
      body: [
        figure(
          `loss over ${steps.length} steps`,
          legend(lines.map(({ name }) => name)),
          lineChart({ title: "loss by optimizer step", x: "optimizer steps", y: "loss", lines, zero: true })
        ),
        ...(telemetry.length > 0 ? [figure("what else each step told", ...telemetry)] : []),
        ...(scores.length > 0
          ? [
              table(
                ["validation after step", ...scores.map(({ step }) => String(step))],
                names.map((name) => [name, ...scores.map(({ of }) => String(Number(of[name]?.toPrecision(4))))])
              )
            ]
          : [])
      ]
    }
  ]
}
