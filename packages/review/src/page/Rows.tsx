/** @jsxImportSource preact */
import { useEffect, useState } from "preact/hooks"
import type { Row } from "../protocol.ts"
import { call } from "./call.ts"

/** Height of a row, in pixels, as the style has it. */
const HEIGHT = 36
/** Rows of a call. */
const PAGE = 100

/** All sentences; only those in sight stand in the page, and their texts are fetched as they come. */
export const Rows = ({
  count,
  onOpen,
  onProblem,
  person,
  version
}: {
  readonly count: number
  readonly person: string
  /** Another number: what is known of the rows is fetched again. */
  readonly version: number
  readonly onOpen: (id: number) => void
  readonly onProblem: (problem: string) => void
}) => {
  const [top, setTop] = useState(0)
  const [pages, setPages] = useState<ReadonlyMap<number, ReadonlyArray<Row>>>(new Map())
  const first = Math.max(0, Math.floor(top / HEIGHT) - 5)
  const last = Math.min(count, first + 30)
  useEffect(() => setPages(new Map()), [version, person])
  useEffect(() => {
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) {
      if (pages.has(page)) continue
      setPages((known) => new Map(known).set(page, []))
      call("rows", { person, from: page * PAGE, count: PAGE }).then(
        (rows) => setPages((known) => new Map(known).set(page, rows)),
        (error) => onProblem(error.message)
      )
    }
  })
  const shown = Array.from({ length: last - first }, (_, i) => {
    const id = first + i
    return { id, row: pages.get(Math.floor(id / PAGE))?.[id % PAGE] }
  })
  return (
    <section aria-label="all sentences">
      <div class="rows" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div class="runway" style={{ height: `${count * HEIGHT}px` }}>
          {shown.map(({ id, row }) => (
            <button key={id} type="button" class="row" style={{ top: `${id * HEIGHT}px` }} onClick={() => onOpen(id)}>
              <span class={`verdict ${row?.answer ?? "open"}`}>{verdicts[row?.answer ?? "open"]}</span>
              <bdi>{row?.text ?? "…"}</bdi>
            </button>
          ))}
        </div>
      </div>
    </section>
  )
}

const verdicts = { accept: "✓ accepted", reject: "✗ rejected", ignore: "– skipped", open: "open" } as const
