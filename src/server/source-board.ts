import type { JournalEntry, Sample, VerdictChange } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import type { JsonObject } from '../model/json.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'

/** `ended`: it reached the head or was asked to stop. `failed`: an error stopped it permanently. */
export const CONNECTOR_STATES = ['starting', 'streaming', 'retrying', 'ended', 'failed'] as const
export type ConnectorState = (typeof CONNECTOR_STATES)[number]

/** What this process currently knows about one source. */
export interface SourceView {
  readonly name: string
  readonly kind: string
  readonly state: ConnectorState
  readonly stateSinceMs: number
  /** The error that stopped it or is being retried, as `code`, `message`, `found`, `fix` and more. No secrets. */
  readonly error: JsonObject | null
  /** The connector's current status; null: it has none yet. */
  readonly status: SourceStatus | null
  /** The newest inspection of the log. */
  readonly sample: Sample | null
}

export type BoardEvent =
  | { readonly type: 'connector'; readonly view: SourceView }
  | { readonly type: 'status'; readonly status: SourceStatus }
  | { readonly type: 'verdict'; readonly source: string; readonly change: VerdictChange }
  | { readonly type: 'pulse'; readonly source: string; readonly pulse: Pulse }
  | { readonly type: 'retry'; readonly source: string; readonly code: string }

export type BoardListener = (event: BoardEvent) => void

/** The state of every source that this process runs, as its connectors report it. Listeners are notified of changes. */
export class SourceBoard {
  readonly #clock: Clock
  readonly #views = new Map<string, SourceView>()
  readonly #reports = new Map<string, () => SourceStatus | null>()
  readonly #listeners = new Set<BoardListener>()

  constructor(sources: readonly { readonly name: string; readonly kind: string }[], clock: Clock) {
    this.#clock = clock
    const stateSinceMs = clock.nowMs()
    for (const { name, kind } of sources) {
      this.#views.set(name, { name, kind, state: 'starting', stateSinceMs, error: null, status: null, sample: null })
    }
  }

  /** In the order of the configuration. */
  views(): readonly SourceView[] {
    return [...this.#views.values()].map((view) => this.#present(view))
  }

  view(source: string): SourceView | null {
    const view = this.#views.get(source)
    return view === undefined ? null : this.#present(view)
  }

  /** From now on, `report` provides the source's status. */
  reports(source: string, report: () => SourceStatus | null): void {
    this.#reports.set(source, report)
  }

  /** The listener is called synchronously, in the order of events. Returns a function that unsubscribes it. */
  listen(listener: BoardListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  streaming(source: string): void {
    this.#become(source, 'streaming', null)
  }

  retrying(source: string, code: string, error: JsonObject): void {
    this.#become(source, 'retrying', error)
    this.#tell({ type: 'retry', source, code })
  }

  pulse(source: string, pulse: Pulse): void {
    this.#tell({ type: 'pulse', source, pulse })
  }

  ended(source: string): void {
    this.#become(source, 'ended', null)
  }

  failed(source: string, error: JsonObject): void {
    this.#become(source, 'failed', error)
  }

  /** An entry that the connector is writing to the journal. */
  journaled(entry: JournalEntry): void {
    switch (entry.type) {
      case 'status':
        this.#change(entry.source, { status: entry.status })
        this.#tell({ type: 'status', status: entry.status })
        return
      case 'sample':
        this.#change(entry.source, { sample: entry.sample })
        return
      case 'verdict':
        this.#tell({ type: 'verdict', source: entry.source, change: entry.verdict })
        return
      default:
    }
  }

  #present(view: SourceView): SourceView {
    return { ...view, status: this.#reports.get(view.name)?.() ?? view.status }
  }

  #become(source: string, state: ConnectorState, error: JsonObject | null): void {
    const before = this.#views.get(source)
    if (before === undefined) return
    const stateSinceMs = before.state === state ? before.stateSinceMs : this.#clock.nowMs()
    const view = this.#change(source, { state, stateSinceMs, error })
    if (view !== null && before.state !== state) this.#tell({ type: 'connector', view })
  }

  #change(source: string, change: Partial<SourceView>): SourceView | null {
    const before = this.#views.get(source)
    if (before === undefined) return null
    const view = { ...before, ...change }
    this.#views.set(source, view)
    return view
  }

  #tell(event: BoardEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
