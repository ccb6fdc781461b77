/** @jsxImportSource preact */
import { useState } from "preact/hooks"
import { colour } from "./Sentence.tsx"

/** The key of each type, in their order; none is the key of something else. */
export const typeKeys = "1234567890qwetyiopdfghjklzxcvbnm"

/** The types with their keys, a new one, and types that become one. */
export const Types = ({
  active,
  onAdd,
  onPick,
  onRename,
  types
}: {
  readonly types: ReadonlyArray<string>
  readonly active: string | undefined
  readonly onPick: (type: string) => void
  readonly onAdd: (type: string) => void
  readonly onRename: (from: ReadonlyArray<string>, to: string) => void
}) => {
  const [name, setName] = useState("")
  const [from, setFrom] = useState<ReadonlyArray<string>>([])
  const [to, setTo] = useState("")
  return (
    <section class="types" aria-label="types">
      <div class="buttons">
        {types.map((type, i) => (
          <button
            key={type}
            type="button"
            class={`type ${colour(types, type)}`}
            aria-pressed={type === active}
            onClick={() => onPick(type)}
          >
            {typeKeys[i] && <kbd>{typeKeys[i]}</kbd>} <bdi>{type}</bdi>
          </button>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim() !== "") onAdd(name)
            setName("")
          }}
        >
          <input
            aria-label="a new type"
            placeholder="new type"
            value={name}
            onInput={(e) => setName(e.currentTarget.value)}
          />
          <button type="submit">add</button>
        </form>
      </div>
      <details>
        <summary>merge or rename types</summary>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (from.length > 0 && to.trim() !== "") onRename(from, to)
            setFrom([])
            setTo("")
          }}
        >
          <fieldset>
            <legend>these</legend>
            {types.map((type) => (
              <label key={type}>
                <input
                  type="checkbox"
                  checked={from.includes(type)}
                  onChange={() =>
                    setFrom(from.includes(type) ? from.filter((other) => other !== type) : [...from, type])
                  }
                />
                <bdi>{type}</bdi>
              </label>
            ))}
          </fieldset>
          <label>
            become <input value={to} onInput={(event) => setTo(event.currentTarget.value)} />
          </label>
          <button type="submit">do it</button>
        </form>
      </details>
    </section>
  )
}
