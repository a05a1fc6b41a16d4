import type { LedgerEntry } from '../journal/journal.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { unreachable } from '../model/unreachable.ts'
import type { SourceView } from './source-board.ts'

/** What the API reports for one source: the connector's own report, or the status from the store until there is one. */
export interface Word {
  readonly view: SourceView
  readonly status: SourceStatus
}

/** The document of `status --json`. `starting` lists the sources whose connector has not reported yet. */
export function statusDocument(words: readonly Word[], nowMs: number): object {
  const starting = words.filter(({ view }) => view.status === null).map(({ view }) => view.name)
  return { version: 1, at: iso(nowMs), sources: words.map(withLoss), starting }
}

function withLoss({ view, status }: Word): object {
  const loss = view.error?.['lost']
  return { ...status, lost: typeof loss === 'object' && loss !== null ? { code: view.error?.['code'], ...loss } : null }
}

export function sourceDocument(word: Word, nowMs: number): object {
  const { state, stateSinceMs, error, sample } = word.view
  return {
    version: 1,
    at: iso(nowMs),
    judged: word.view.status !== null,
    source: withLoss(word),
    connector: { state, since: iso(stateSinceMs), error },
    log:
      sample === null
        ? null
        : {
            at: iso(sample.atMs),
            headPosition: sample.headPosition,
            heldBytes: sample.heldBytes === null ? null : Number(sample.heldBytes),
            lagBytes: sample.lagBytes === null ? null : Number(sample.lagBytes),
          },
  }
}

export function ledgerDocument(source: string, ledger: readonly LedgerEntry[]): object {
  const moves = ledger.map(({ atMs, by, from, to, why }) => ({ at: iso(atMs), by, from, to, why }))
  return { version: 1, source, ledger: moves }
}

/** Ready when every connector is streaming. With `details`, the document lists the others with the reason. */
export function readyDocument(views: readonly SourceView[], details: boolean): { readonly ready: boolean } {
  const notReady = views.filter(({ state }) => !isRunning(state))
  const ready = notReady.length === 0
  if (!details) return { ready }
  const sources = notReady.map(({ name, state, stateSinceMs, error }) => ({
    name,
    state,
    since: iso(stateSinceMs),
    code: error?.['code'] ?? null,
    message: error?.['message'] ?? null,
  }))
  return { ready, ...{ sources } }
}

function isRunning(state: SourceView['state']): boolean {
  switch (state) {
    case 'streaming':
      return true
    case 'starting':
    case 'retrying':
    case 'ended':
    case 'failed':
      return false
    default:
      return unreachable(state)
  }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
