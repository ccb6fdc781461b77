/** @jsxImportSource preact */
import type { Rate, State } from "../protocol.ts"

/** How far the review is, and what the model has learned. */
export const Progress = ({ state }: { readonly state: State }) => (
  <section class="progress" aria-label="progress">
    <dl>
      <Fact name="answered" value={`${state.answered} of ${state.sentences}`} />
      <Fact name="by you" value={String(state.own)} />
      {state.heldOut && (
        <Fact name={`F1 on ${state.heldOut.sentences} held-out sentences`} value={shown(state.heldOut.f1)} />
      )}
      {state.audit && (
        <>
          <Fact name="annotations looked at" value={`${state.audit.annotations} of ${state.audit.goal}`} />
          <Fact name="of them right" value={shown(state.audit.precision)} />
          <Fact name="missing beside them" value={`${state.audit.missing}; found ${shown(state.audit.recall)}`} />
        </>
      )}
      {state.agreement.map(({ f1, people, sentences }) => (
        <Fact key={people.join()} name={`${people.join(" and ")} agree, ${sentences} sentences`} value={percent(f1)} />
      ))}
      <Fact name="last refit" value={`${state.refitMilliseconds.toFixed(0)} ms`} />
    </dl>
    {state.curve.length > 1 && <Curve curve={state.curve} />}
  </section>
)

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

/** F1 on the held-out sentences by answers. */
const Curve = ({ curve }: Pick<State, "curve">) => {
  const most = Math.max(...curve.map(({ answers }) => answers))
  const points = curve.map(
    ({ answers, f1 }) => `${(8 + (184 * answers) / most).toFixed(1)},${(72 - 64 * f1).toFixed(1)}`
  )
  const last = curve.at(-1)!
  return (
    <svg
      class="curve"
      viewBox="0 0 200 80"
      role="img"
      aria-label={`learning curve: F1 ${percent(last.f1)} after ${last.answers} answers`}
    >
      <path class="axis" d="M8 8V72H192M8 40H192M8 8H192" />
      <polyline points={points.join(" ")} />
    </svg>
  )
}

const percent = (value: number): string => (100 * value).toFixed(1)
const shown = ({ high, low, value }: Rate): string => `${percent(value)} [${percent(low)}, ${percent(high)}]`
