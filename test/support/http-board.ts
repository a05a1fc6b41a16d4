import { request } from 'node:http'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { Sample } from '../../src/journal/journal.ts'
import type { Clock } from '../../src/model/clock.ts'
import { Secret } from '../../src/model/secret.ts'
import type { SourceStatus } from '../../src/model/source-status.ts'
import { EventStream } from '../../src/server/event-stream.ts'
import { HttpServer } from '../../src/server/http-server.ts'
import { Metrics } from '../../src/server/metrics.ts'
import { Site } from '../../src/server/site.ts'
import { SourceBoard } from '../../src/server/source-board.ts'
import { silentLog } from './silent-log.ts'

/** The real HTTP server on a free port, with a board that the test updates and without a store. */
export interface HttpBoard extends AsyncDisposable {
  readonly board: SourceBoard
  readonly events: EventStream
  readonly metrics: Metrics
  readonly url: string
}

export async function openHttpBoard(
  about: { readonly host?: string; readonly token?: string; readonly clock?: Clock } = {},
): Promise<HttpBoard> {
  const { host = '127.0.0.1', token, clock = systemClock } = about
  const board = new SourceBoard(
    ['shop', 'stock'].map((name) => ({ name, kind: 'postgresql' })),
    clock,
  )
  const events = new EventStream(board, clock)
  const metrics = new Metrics(board, { version: '1.2.3', clock })
  const statusAtStart = ({ name }: { readonly name: string }) => Promise.resolve(statusOf(name))
  const site = new Site({ board, metrics, events, clock, history: () => null, statusAtStart })
  const config = { host, port: 0, token: token === undefined ? null : new Secret(token), written: true }
  const server = await HttpServer.open({ config, configPath: 'offbeat.yaml', site, log: silentLog })
  return {
    board,
    events,
    metrics,
    url: server.url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function statusOf(name: string, about: Partial<SourceStatus> = {}): SourceStatus {
  return {
    name,
    kind: 'postgresql',
    connector: {
      running: true,
      pid: 4711,
      since: '2026-01-01T00:00:00.000Z',
      reportedAt: '2026-01-01T00:00:00.000Z',
      failed: null,
      retrying: null,
    },
    verdict: 'idle',
    why: 'no change for 3 h; last pulse came back in 41 ms',
    offset: {
      position: '0/1',
      storedAt: '2026-01-01T00:00:00.000Z',
      movedBy: 'pulse',
      behind: 'yes',
      lagBytes: 7,
      lagMs: 1500,
    },
    heartbeat: {
      connector: { at: '2026-01-01T00:00:00.000Z', intervalMs: 60_000 },
      source: { mode: 'table', writtenAt: null, seenAt: '2026-01-01T00:00:00.000Z', roundTripMs: 41, broken: null },
    },
    runway: {
      seconds: 3600,
      kind: 'estimate',
      because: ['x'],
      clocks: [
        { name: 'max_slot_wal_keep_size', ends: 'offset lost', seconds: 3600, kind: 'estimate', because: ['x'] },
        { name: 'disk "a\\b"', ends: 'disk full', seconds: null, kind: 'unbounded', because: ['x'] },
        { name: 'idle_replication_slot_timeout', ends: 'offset lost', seconds: null, kind: 'unknown', because: ['x'] },
      ],
    },
    blockers: [],
    lastChangeAt: null,
    tables: { unmatched: [], notPublished: [], notPublishedCount: 0 },
    counts: { changes: 12, transactions: 5, heartbeats: 61 },
    ...about,
  }
}

export const SAMPLE: Sample = {
  atMs: 1_767_225_600_000,
  server: null,
  headPosition: '0/2',
  writtenBytes: 9n,
  heldBytes: 16_777_216n,
  lagBytes: 7n,
}

interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends a request unchanged: any method and any header, including those that `fetch` does not allow. */
export function ask(
  url: string,
  about: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Promise<Asked> {
  const { method = 'GET', headers = {}, body } = about
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
