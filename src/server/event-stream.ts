import type { ServerResponse } from 'node:http'
import type { Clock } from '../model/clock.ts'
import { type Answer, errorAnswer } from './answer.ts'
import type { BoardEvent, SourceBoard, SourceView } from './source-board.ts'

const MOST_CLIENTS = 32
/** A client with more unread data than this is disconnected. It can reconnect and resume. */
const MOST_WAITING_BYTES = 256 * 1024
/** The number of past events kept for clients that reconnect. */
const KEPT_EVENTS = 256
const HEARTBEAT_MS = 10_000
const RETRY_MS = 3000

interface Sent {
  readonly id: number
  readonly text: string
}

/**
 * Server-sent events: `verdict` when a verdict changes, `connector` when a connector's state changes, `status` when a connector reports its
 * status. A client that sends a `Last-Event-ID` of this process continues after it while that event is kept. Any other client first
 * receives the current state of every source.
 */
export class EventStream implements Disposable {
  readonly #board: SourceBoard
  readonly #stopListening: () => void
  readonly #clients = new Set<ServerResponse>()
  readonly #heartbeat: NodeJS.Timeout
  /** Distinguishes this process's event ids from those of another process. */
  readonly #epoch: string
  readonly #kept: Sent[] = []
  #lastId = 0
  #closed = false

  constructor(board: SourceBoard, clock: Clock) {
    this.#board = board
    this.#epoch = clock.nowMs().toString(36)
    this.#stopListening = board.listen((event) => this.#take(event))
    this.#heartbeat = setInterval(() => this.#toAll(': heartbeat\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** The number of connected clients. */
  get clients(): number {
    return this.#clients.size
  }

  answer(lastEventId: string | undefined): Answer {
    if (this.#closed || this.#clients.size >= MOST_CLIENTS) {
      const message = this.#closed ? 'The process is stopping.' : `The limit of ${MOST_CLIENTS} listeners is reached.`
      return errorAnswer(503, { code: 'TOO_MANY_CLIENTS', message }, { 'retry-after': '10' })
    }
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
    return { status: 200, headers, body: (response) => this.#add(response, lastEventId) }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#heartbeat)
    this.#stopListening()
    for (const client of this.#clients) client.end(': the process is stopping\n\n')
    this.#clients.clear()
  }

  #add(response: ServerResponse, lastEventId: string | undefined): void {
    this.#clients.add(response)
    response.on('close', () => this.#clients.delete(response))
    const missed = this.#after(lastEventId)
    const first = missed === null ? this.#snapshot() : missed.map(({ text }) => text).join('')
    response.write(`retry: ${RETRY_MS}\n\n${first}`)
  }

  /** The events after this id; null: it is not an id of this process, or it is too old. */
  #after(lastEventId: string | undefined): readonly Sent[] | null {
    const [epoch, number] = (lastEventId ?? '').split('-')
    const id = /^\d{1,15}$/.test(number ?? '') ? Number(number) : null
    if (epoch !== this.#epoch || id === null || id > this.#lastId) return null
    const oldest = this.#kept[0]?.id ?? this.#lastId + 1
    return id + 1 < oldest ? null : this.#kept.filter((sent) => sent.id > id)
  }

  #snapshot(): string {
    const id = `${this.#epoch}-${this.#lastId}`
    return this.#board
      .views()
      .flatMap((view) => [
        eventText(id, 'connector', connectorDocument(view)),
        ...(view.status === null ? [] : [eventText(id, 'status', view.status)]),
      ])
      .join('')
  }

  #take(event: BoardEvent): void {
    const message = messageOf(event)
    if (message === null) return
    const id = ++this.#lastId
    const text = eventText(`${this.#epoch}-${id}`, message.name, message.document)
    this.#kept.push({ id, text })
    if (this.#kept.length > KEPT_EVENTS) this.#kept.shift()
    this.#toAll(text)
  }

  #toAll(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MOST_WAITING_BYTES) {
        this.#clients.delete(client)
        client.destroy()
      } else client.write(text)
    }
  }
}

function messageOf(event: BoardEvent): { readonly name: string; readonly document: object } | null {
  switch (event.type) {
    case 'status':
      return { name: 'status', document: event.status }
    case 'verdict': {
      const { atMs, from, to, why } = event.change
      return { name: 'verdict', document: { source: event.source, at: new Date(atMs).toISOString(), from, to, why } }
    }
    case 'connector':
      return { name: 'connector', document: connectorDocument(event.view) }
    default:
      return null
  }
}

function connectorDocument({ name, state, stateSinceMs, error }: SourceView): object {
  return { source: name, state, since: new Date(stateSinceMs).toISOString(), error }
}

/** JSON.stringify writes no line breaks, so one `data` line is enough. */
function eventText(id: string, name: string, document: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(document)}\n\n`
}
