/** @jsxImportSource preact */
import type { Entity } from "@nuner/core"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { State, Task, Verdict } from "../protocol.ts"
import { call } from "./call.ts"
import { Progress } from "./Progress.tsx"
import { Rows } from "./Rows.tsx"
import { type Selection, Sentence } from "./Sentence.tsx"
import { Types, typeKeys } from "./Types.tsx"

/** Which tab asks: what one shows, no other gets. */
const tab = crypto.randomUUID()

/** The review: who one is, then a sentence after the other. */
export const App = () => {
  const [person, setPerson] = useState(sessionStorage.getItem("person") ?? "")
  const [typed, setTyped] = useState("")
  if (person !== "") return <Desk person={person} />
  return (
    <main class="welcome">
      <h1>nuner review</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() === "") return
          sessionStorage.setItem("person", typed.trim())
          setPerson(typed.trim())
        }}
      >
        <label>
          your name{" "}
          <input autofocus value={typed} maxLength={100} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        <button type="submit">begin</button>
      </form>
    </main>
  )
}

const Desk = ({ person }: { readonly person: string }) => {
  const [state, setState] = useState<State>()
  const [task, setTask] = useState<Task>()
  const [entities, setEntities] = useState<ReadonlyArray<Entity>>([])
  const [selection, setSelection] = useState<Selection>()
  const [active, setActive] = useState<string>()
  const [problem, setProblem] = useState("")
  const [version, setVersion] = useState(0)
  const busy = useRef(false)

  const show = (next: Task | undefined) => {
    setTask(next)
    setEntities(next?.entities ?? [])
    setSelection(undefined)
  }
  /** One thing after the other; what fails is told. */
  const attempt = async (work: () => Promise<void>) => {
    if (busy.current) return
    busy.current = true
    try {
      await work()
      setProblem("")
    } catch (error) {
      setProblem(`${error instanceof Error ? error.message : error}. What was answered before is saved.`)
    } finally {
      busy.current = false
    }
  }
  const next = async () => show((await call("next", { person, tab, count: 1, open: [] }))[0])

  useEffect(() => {
    attempt(async () => {
      const begun = await call("state", { person })
      setState(begun)
      setActive(begun.types[0])
      await next()
    })
  }, [person])

  const answer = (verdict: Verdict) =>
    attempt(async () => {
      if (task === undefined) return
      const plain = entities.map(({ end, start, type }) => ({ start, end, type }))
      setState(await call("answer", { person, id: task.id, entities: plain, answer: verdict }))
      setVersion((before) => before + 1)
      await next()
    })
  const undo = () =>
    attempt(async () => {
      const undone = await call("undo", { person, tab })
      setState(undone.state)
      setVersion((before) => before + 1)
      if (undone.task !== null) show(undone.task)
    })
  const label = ({ end, start }: Selection, type = active) => {
    setSelection(undefined)
    if (type === undefined) return
    const others = entities.filter((entity) => entity.end <= start || entity.start >= end)
    setEntities([...others, { start, end, type }].toSorted((a, b) => a.start - b.start))
  }
  const pick = (type: string) => {
    setActive(type)
    if (selection !== undefined) label(selection, type)
  }

  const actions: Readonly<Record<string, () => void>> = {
    a: () => answer("accept"),
    Enter: () => answer("accept"),
    r: () => answer("reject"),
    s: () => answer("ignore"),
    u: undo
  }
  // Before the next key comes: one that is pressed at once must find what the last one did.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement
      if (at.closest("input, summary") || (event.key === "Enter" && at.closest("button")) || event.altKey) return
      if ((event.ctrlKey || event.metaKey) && event.key !== "z") return
      const type = state?.types[typeKeys.indexOf(event.key)]
      const action = event.key === "z" && (event.ctrlKey || event.metaKey) ? undo : actions[event.key]
      if (action !== undefined) action()
      else if (type !== undefined && event.key.length === 1) pick(type)
      else return
      event.preventDefault()
    }
    document.addEventListener("keydown", onKey)
    return () => document.removeEventListener("keydown", onKey)
  })

  if (state === undefined) return <main>{problem === "" ? "…" : <p role="alert">{problem}</p>}</main>
  return (
    <main>
      <header>
        <h1>nuner review</h1>
        <p>
          <bdi>{person}</bdi>
          {task?.heldOut && <span class="note">this one scores the model</span>}
        </p>
      </header>
      {problem !== "" && <p role="alert">{problem}</p>}
      <Types
        types={state.types}
        active={active}
        onPick={pick}
        onAdd={(type) =>
          attempt(async () => {
            setState(await call("addType", { person, type }))
            setActive(type.trim())
          })
        }
        onRename={(from, to) =>
          attempt(async () => {
            setState(await call("renameTypes", { person, from, to }))
            if (active !== undefined && from.includes(active)) setActive(to.trim())
            setEntities(
              entities.map((entity) => (from.includes(entity.type) ? { ...entity, type: to.trim() } : entity))
            )
          })
        }
      />
      {task === undefined ? (
        <p class="done">Nothing is left to answer.</p>
      ) : (
        <Sentence
          key={task.id}
          task={task}
          entities={entities}
          types={state.types}
          selection={selection}
          onSelect={setSelection}
          onLabel={label}
          onRemove={(entity) => setEntities(entities.filter((other) => other !== entity))}
        />
      )}
      <nav aria-label="answers">
        <button type="button" class="accept" disabled={task === undefined} onClick={() => answer("accept")}>
          <kbd>a</kbd> accept
        </button>
        <button type="button" disabled={task === undefined} onClick={() => answer("reject")}>
          <kbd>r</kbd> reject
        </button>
        <button type="button" disabled={task === undefined} onClick={() => answer("ignore")}>
          <kbd>s</kbd> skip
        </button>
        <button type="button" disabled={state.own === 0} onClick={undo}>
          <kbd>u</kbd> undo
        </button>
        <Export person={person} onProblem={setProblem} />
      </nav>
      <Progress state={state} />
      <Rows
        count={state.sentences}
        person={person}
        version={version}
        onOpen={(id) => attempt(async () => show(await call("task", { person, tab, id })))}
        onProblem={setProblem}
      />
    </main>
  )
}

const Export = ({ onProblem, person }: { readonly person: string; readonly onProblem: (problem: string) => void }) => {
  const [paths, setPaths] = useState<ReadonlyArray<string>>([])
  return (
    <>
      <button
        type="button"
        onClick={() =>
          call("export", { person }).then(
            ({ paths }) => setPaths(paths),
            (error) => onProblem(error.message)
          )
        }
      >
        export
      </button>
      {paths.length > 0 && <output>written: {paths.join(", ")}</output>}
    </>
  )
}
