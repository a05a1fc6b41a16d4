import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { ask, type HttpBoard, openHttpBoard, statusOf } from '../../test/support/http-board.ts'
import { waitFor } from '../../test/support/wait-for.ts'

interface Event {
  readonly id: string
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

function eventsIn(text: string): readonly Event[] {
  return [...text.matchAll(/id: (.+)\nevent: (.+)\ndata: (.+)\n\n/gu)].map(([, id = '', name = '', data = '{}']) => ({
    id,
    name,
    data: JSON.parse(data),
  }))
}

/** Reads events until `enough`, then disconnects. */
async function listen(
  http: HttpBoard,
  enough: (events: readonly Event[]) => boolean,
  headers: Readonly<Record<string, string>> = {},
  begun: () => void = () => undefined,
): Promise<readonly Event[]> {
  const stop = new AbortController()
  const response = await fetch(`${http.url}/api/events`, { headers, signal: stop.signal })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    if (text === '') begun()
    text += decoder.decode(piece)
    if (enough(eventsIn(text))) break
  }
  stop.abort()
  return eventsIn(text)
}

const verdict = (to: 'idle' | 'stale', atMs: number) =>
  ({ type: 'verdict', source: 'shop', verdict: { atMs, from: null, to, why: `w${atMs}` } }) as const

it('begins with the present, goes on with what changes, and resumes after what was had', async () => {
  await using http = await openHttpBoard()
  http.board.journaled({ type: 'status', source: 'shop', status: statusOf('shop'), atMs: 1 })
  http.board.streaming('shop')
  const first = await listen(
    http,
    (events) => events.length === 4,
    {},
    () => http.board.journaled(verdict('stale', 1)),
  )
  expect(
    first.map(({ name, data }) => `${name} ${data['source'] ?? data['name']} ${data['state'] ?? data['to'] ?? ''}`),
  ).toEqual(['connector shop streaming', 'status shop ', 'connector stock starting', 'verdict shop stale'])
  http.board.journaled(verdict('idle', 2))
  http.board.journaled(verdict('stale', 3))
  const resumed = await listen(http, (events) => events.length === 2, { 'last-event-id': first.at(-1)?.id ?? '' })
  expect(resumed.map(({ data }) => data['why'])).toEqual(['w2', 'w3'])
})

it.each(['another-1', 'x', '-1', ''])('an id that is not of this process (%s) begins with the present', async (id) => {
  await using http = await openHttpBoard()
  const events = await listen(http, ({ length }) => length === 2, { 'last-event-id': id })
  expect(events.map(({ name }) => name)).toEqual(['connector', 'connector'])
})

it('an id too old to be resumed from begins with the present, and says so by it', async () => {
  await using http = await openHttpBoard()
  const [first] = await listen(http, ({ length }) => length === 2)
  for (let n = 1; n <= 300; n++) http.board.journaled(verdict('idle', n))
  const events = await listen(http, ({ length }) => length === 2, { 'last-event-id': first?.id ?? '' })
  expect(events.map(({ name }) => name)).toEqual(['connector', 'connector'])
})

it('a client that does not read is dropped, and the others are not held up', async () => {
  await using http = await openHttpBoard()
  const slow = connect(Number(new URL(http.url).port), '127.0.0.1')
  const gone = new Promise<void>((resolve) => slow.once('close', () => resolve()))
  slow.on('error', () => undefined)
  slow.pause()
  slow.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await waitFor({ until: 'the client listens' }, () => http.events.clients === 1)
  const long = 'x'.repeat(100_000)
  await waitFor({ until: 'the client is dropped' }, () => {
    for (let n = 0; n < 10; n++)
      http.board.journaled({ type: 'status', source: 'shop', status: statusOf('shop', { why: long }), atMs: 1 })
    return http.events.clients === 0
  })
  expect((await listen(http, ({ length }) => length === 3)).length).toBe(3)
  slow.resume()
  await gone
})

it('more clients than can be served are asked to retry', async () => {
  await using http = await openHttpBoard()
  const stop = new AbortController()
  // Keeps a reference to each response, since otherwise garbage collection closes its connection.
  const held: Response[] = []
  for (let n = 0; n < 32; n++) held.push(await fetch(`${http.url}/api/events`, { signal: stop.signal }))
  const refused = await ask(`${http.url}/api/events`)
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '10' } })
  expect(held.map(({ status }) => status)).not.toContain(503)
  stop.abort()
  await waitFor({ until: 'they are gone' }, () => http.events.clients === 0)
})
