/** @jsxImportSource preact */
import type { Entity } from "@nuner/core"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Task } from "../protocol.ts"

/** Words `[start, end)`. */
export interface Selection {
  readonly start: number
  readonly end: number
}

export interface SentenceProps {
  readonly task: Task
  readonly entities: ReadonlyArray<Entity>
  readonly types: ReadonlyArray<string>
  readonly selection: Selection | undefined
  readonly onSelect: (selection: Selection | undefined) => void
  /** The selection is complete: by the mouse, or by Enter. */
  readonly onLabel: (selection: Selection) => void
  readonly onRemove: (entity: Entity) => void
}

/**
 * A sentence whose words are selected by dragging, or by the arrow keys, with shift for several: whole words, so that no script, no emoji
 * and no direction of writing can cut one. Texts are only ever text nodes.
 */
export const Sentence = ({ entities, onLabel, onRemove, onSelect, selection, task, types }: SentenceProps) => {
  const [cursor, setCursor] = useState(0)
  const anchor = useRef<number | undefined>(undefined)
  const box = useRef<HTMLDivElement>(null)
  const wordsOf = () => box.current!.querySelectorAll<HTMLElement>("[data-word]")
  useEffect(() => {
    setCursor(0)
    wordsOf()[0]?.focus()
  }, [task.id])

  // A word that gets a mark around it is made anew, and would lose the focus.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) wordsOf()[cursor]?.focus()
  }, [entities])

  const wordAt = (event: PointerEvent): number | undefined => {
    const word = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-word]")
    return word && box.current!.contains(word) ? Number(word.dataset.word) : undefined
  }
  const span = (from: number, to: number): Selection => ({ start: Math.min(from, to), end: Math.max(from, to) + 1 })

  const move = (to: number, extend: boolean) => {
    const word = Math.max(0, Math.min(task.words.length - 1, to))
    if (extend) anchor.current ??= cursor
    else anchor.current = undefined
    setCursor(word)
    onSelect(extend ? span(anchor.current!, word) : undefined)
    wordsOf()[word]?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const forward = getComputedStyle(box.current!).direction === "rtl" ? -1 : 1
    const steps: Readonly<Record<string, number>> = { ArrowRight: forward, ArrowLeft: -forward }
    if (steps[event.key] !== undefined) move(cursor + steps[event.key]!, event.shiftKey)
    else if (event.key === "Home") move(0, event.shiftKey)
    else if (event.key === "End") move(task.words.length - 1, event.shiftKey)
    else if (event.key === " ") onLabel(selection ?? span(cursor, cursor))
    else if (event.key === "Escape") move(cursor, false)
    else if (event.key === "Delete" || event.key === "Backspace") {
      const entity = entities.find(({ end, start }) => start <= cursor && cursor < end)
      if (entity === undefined) return
      onRemove(entity)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  const word = (i: number) => {
    const chosen = selection !== undefined && selection.start <= i && i < selection.end
    return (
      <span
        key={i}
        role="option"
        data-word={i}
        tabIndex={i === cursor ? 0 : -1}
        aria-selected={chosen}
        class={chosen ? "word chosen" : "word"}
        onFocus={() => setCursor(i)}
      >
        {task.text.slice(task.words[i]!.start, task.words[i]!.end)}
      </span>
    )
  }
  const between = (i: number) => task.text.slice(i === 0 ? 0 : task.words[i - 1]!.end, task.words[i]?.start)

  const parts = []
  for (let i = 0; i < task.words.length; ) {
    parts.push(between(i))
    const entity = entities.find(({ start }) => start === i)
    if (entity === undefined) {
      parts.push(word(i++))
      continue
    }
    const inside = []
    for (; i < entity.end; i++) inside.push(i > entity.start ? between(i) : "", word(i))
    const text = task.text.slice(task.words[entity.start]!.start, task.words[entity.end - 1]!.end)
    parts.push(
      // biome-ignore lint/a11y/useSemanticElements: a group of options in a line of text; a fieldset is none
      <mark
        key={`e${entity.start}`}
        role="group"
        class={`entity ${colour(types, entity.type)}`}
        aria-label={`${entity.type}: ${text}`}
      >
        {inside}
        <bdi class="label" aria-hidden="true">
          {entity.type}
          <button
            type="button"
            class="remove"
            tabIndex={-1}
            title={`not ${entity.type}`}
            onClick={() => onRemove(entity)}
          >
            ×
          </button>
        </bdi>
      </mark>
    )
  }
  parts.push(between(task.words.length))

  return (
    <div
      ref={box}
      id="sentence"
      dir="auto"
      role="listbox"
      aria-multiselectable="true"
      aria-label="the sentence's words"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        anchor.current = wordAt(event)
        if (anchor.current !== undefined) onSelect(span(anchor.current, anchor.current))
      }}
      onPointerMove={(event) => {
        const at = event.buttons === 1 && anchor.current !== undefined ? wordAt(event) : undefined
        if (at !== undefined) onSelect(span(anchor.current!, at))
      }}
      onPointerUp={(event) => {
        const [from, to] = [anchor.current, wordAt(event)]
        anchor.current = undefined
        if (from !== undefined && to !== undefined) onLabel(span(from, to))
      }}
    >
      {parts}
    </div>
  )
}

/** The class of a type's colour; there are eight. */
export const colour = (types: ReadonlyArray<string>, type: string): string =>
  `colour${Math.max(0, types.indexOf(type)) % 8}`
