import { figure, html, reliabilityChart, type Section, sentences, table } from "@nuner/report"
import type { EvaluationFile } from "../../stages/evaluate.ts"
import { evaluationTables } from "../evaluationReport.ts"

/** An evaluation: its tables, how far its probabilities can be trusted, and every sentence, those with errors first. */
export const evaluationSections = (evaluation: EvaluationFile): Array<Section> => {
  const { against, calibration, intro, tables } = evaluationTables(evaluation)
  return [
    {
      title: "Scores",
      body: [
        html`<p>${intro}</p>`,
        ...tables.map(({ head, rows }) => table(head, rows)),
        ...(against === undefined ? [] : [html`<p>${against}</p>`])
      ]
    },
    ...(evaluation.calibration === undefined
      ? []
      : [
          {
            title: "Calibration",
            body: [
              figure(
                calibration!,
                reliabilityChart("how often entities are right, by their probability", evaluation.calibration.bins)
              )
            ]
          }
        ]),
    {
      title: "Sentences",
      body: [sentences(evaluation.scored.map(({ gold, predicted, words }) => ({ words, entities: gold, predicted })))]
    }
  ]
}
