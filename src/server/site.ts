import type { IncomingMessage } from 'node:http'
import { historyDocument } from '../health/history-document.ts'
import type { JournalReader } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { parseDurationMs } from '../model/duration.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { type Answer, errorAnswer, jsonAnswer } from './answer.ts'
import { ledgerDocument, readyDocument, sourceDocument, statusDocument, type Word } from './document.ts'
import type { EventStream } from './event-stream.ts'
import type { Metrics } from './metrics.ts'
import { type Guard, isAuthorized, refusalOf, unauthorized } from './request-guard.ts'
import type { SourceBoard, SourceView } from './source-board.ts'

export interface SiteParts {
  readonly board: SourceBoard
  readonly metrics: Metrics
  readonly events: EventStream
  readonly clock: Clock
  /** null: the store is not open yet, or no longer. */
  readonly history: () => JournalReader | null
  /** The status from the store, for a source whose connector has not reported yet. */
  readonly statusAtStart: (view: SourceView) => Promise<SourceStatus>
}

const HOUR_MS = 3_600_000
/** Reading a longer history would delay the streams. */
const LONGEST_HISTORY_MS = 7 * 24 * HOUR_MS
const MOST_LEDGER = 1000
const DEFAULT_LEDGER = 100

const ENDPOINTS =
  '/healthz, /readyz, /metrics, /api/status, /api/sources/NAME, /api/sources/NAME/history, /api/sources/NAME/ledger, /api/events'

/** Routes each request to its response. Rejects with the store's errors. */
export class Site {
  readonly #parts: SiteParts
  #stopping = false

  constructor(parts: SiteParts) {
    this.#parts = parts
  }

  /** Makes the site not ready and rejects new event stream clients. */
  stop(): void {
    this.#stopping = true
    this.#parts.events[Symbol.dispose]()
    this.#parts.metrics[Symbol.dispose]()
  }

  async answer(request: IncomingMessage, guard: Guard): Promise<Answer> {
    const refusal = refusalOf(request, guard)
    if (refusal !== null) return refusal
    const { pathname, searchParams } = new URL(`http://localhost${request.url ?? '/'}`)
    const authorized = isAuthorized(request, guard)
    // Without the token, only these two are answered, and `/readyz` without details.
    if (pathname === '/healthz') return jsonAnswer(200, { status: 'ok' })
    if (pathname === '/readyz') return this.#ready(authorized)
    if (!authorized) return unauthorized()
    return await this.#authorized(pathname, searchParams, request)
  }

  async #authorized(path: string, query: URLSearchParams, request: IncomingMessage): Promise<Answer> {
    const { metrics, events, board, clock } = this.#parts
    if (path === '/metrics') {
      return { status: 200, headers: { 'content-type': metrics.contentType }, body: await metrics.text() }
    }
    if (path === '/api/events') return events.answer(headerOf(request, 'last-event-id'))
    if (path === '/api/status') {
      const words = await Promise.all(board.views().map((view) => this.#word(view)))
      return jsonAnswer(200, statusDocument(words, clock.nowMs()))
    }
    const [, name, part = ''] = /^\/api\/sources\/([\w-]+)(?:\/(history|ledger))?$/.exec(path) ?? []
    return name === undefined ? notFound() : await this.#source(name, part, query)
  }

  async #source(name: string, part: string, query: URLSearchParams): Promise<Answer> {
    const { board, clock } = this.#parts
    const view = board.view(name)
    if (view === null) {
      const expected = board
        .views()
        .map((each) => each.name)
        .join(', ')
      return errorAnswer(404, { code: 'SOURCE_UNKNOWN', message: 'This process runs no such source.', expected })
    }
    if (part === '') return jsonAnswer(200, sourceDocument(await this.#word(view), clock.nowMs()))
    const history = this.#parts.history()
    if (history === null) return errorAnswer(503, { code: 'STORE_CLOSED', message: 'The store is not open.' })
    return part === 'history' ? this.#history(name, history, query) : this.#ledger(name, history, query)
  }

  async #history(source: string, history: JournalReader, query: URLSearchParams): Promise<Answer> {
    const lastMs = parseDurationMs(query.get('since') ?? '1h')
    if (lastMs === null || lastMs <= 0 || lastMs > LONGEST_HISTORY_MS) {
      return badQuery('since is not a valid duration.', 'since=1h, up to 7d')
    }
    const sinceMs = this.#parts.clock.nowMs() - lastMs
    const document = historyDocument({
      source,
      sinceMs,
      pulses: await history.pulses(source, sinceMs),
      samples: await history.samples(source, sinceMs),
      verdicts: await history.verdicts(source, sinceMs),
    })
    return jsonAnswer(200, document)
  }

  async #ledger(source: string, history: JournalReader, query: URLSearchParams): Promise<Answer> {
    const text = query.get('limit') ?? String(DEFAULT_LEDGER)
    const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
    if (limit < 1 || limit > MOST_LEDGER) {
      return badQuery('limit is not a valid number.', `limit=${DEFAULT_LEDGER}, up to ${MOST_LEDGER}`)
    }
    return jsonAnswer(200, ledgerDocument(source, await history.ledger(source, limit)))
  }

  #ready(details: boolean): Answer {
    const document = readyDocument(this.#parts.board.views(), details)
    if (!this.#stopping) return jsonAnswer(document.ready ? 200 : 503, document)
    return jsonAnswer(503, { ...document, ready: false, stopping: true })
  }

  async #word(view: SourceView): Promise<Word> {
    return { view, status: view.status ?? (await this.#parts.statusAtStart(view)) }
  }
}

function notFound(): Answer {
  return errorAnswer(404, { code: 'NOT_FOUND', message: 'There is nothing at this path.', expected: ENDPOINTS })
}

function badQuery(message: string, expected: string): Answer {
  return errorAnswer(400, { code: 'QUERY_INVALID', message, expected })
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
