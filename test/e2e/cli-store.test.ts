import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ProcessContext } from '../../src/cli/program/command.ts'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import type { Message } from '../../src/model/message.ts'
import type { StoredOffset } from '../../src/model/offset.ts'
import { openStore } from '../support/open-store.ts'
import { recordingContext } from '../support/recording-context.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const NOBODY = new AbortController().signal
const EXACT = '{"n":9007199254740993,"d":1.10,"deep":{"e":1e400}}'

function message(topic: string, key: string, value: string, tsMs: number): Message {
  const bytes = Buffer.from(key + value)
  return { topic, bytes, keyAt: 0, valueAt: Buffer.byteLength(key), end: bytes.length, tsMs }
}

function offset(position: string): StoredOffset {
  const server = { systemIdentifier: '7', timeline: '1' }
  return { position, server, memory: {}, moved: { by: 'commit', why: 'read whole', atMs: 1000 } }
}

function folderWithConfig(): TemporaryFolder {
  const folder = temporaryFolder()
  const source = 'kind: postgresql, url: "postgresql://u:p@127.0.0.1:1/shop", heartbeat: { interval: 1s }'
  writeFileSync(folder.file('offbeat.yaml'), `sources:\n  shop: { ${source} }\nsink: { kind: sqlite, path: s.db }\n`)
  return folder
}

async function deliver(folder: TemporaryFolder): Promise<void> {
  await using store = await openStore(folder.file('s.db'))
  await using lane = await store.sink().claim('shop', NOBODY)
  const messages = [
    message('shop.public.orders', '{"id":1}', EXACT, 5),
    message('shop.public.orders', '{"id":1}', '', 6),
    message('__offbeat_heartbeat', '"shop"', '{"layer":1}', 7),
  ]
  await lane.write({ messages, offset: offset('0/10') }, NOBODY)
}

async function offbeat(folder: TemporaryFolder, argv: readonly string[], about: Partial<ProcessContext> = {}) {
  const context = recordingContext({ workingDirectory: folder.path, ...about })
  const code = await runProgram(commandList, argv, context, '1.2.3')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

test('tail of a source that has delivered nothing says so, and that nobody runs', async () => {
  await using folder = folderWithConfig()
  const tail = () => offbeat(folder, ['tail', 'shop', '--idle-exit', '0ms'])
  {
    await using _store = await openStore(folder.file('s.db'))
    expect((await tail()).err).toBe(
      'No message of shop yet; nothing has been delivered yet; waiting for new messages.\n',
    )
  }
  const alone = await tail()
  expect(alone).toMatchObject({ code: 0, out: '' })
  expect(alone.err).toContain('nothing has been delivered yet; no connector is running: offbeat run.')
  await deliver(folder)
  expect((await tail()).err).toBe('')
})

test('tail --json prints messages as they were delivered: numbers stay exact, a tombstone is null', async () => {
  await using folder = folderWithConfig()
  await deliver(folder)
  const { code, out } = await offbeat(folder, ['tail', 'shop', '--json', '--idle-exit', '0ms'])
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    `{"topic":"shop.public.orders","key":{"id":1},"value":${EXACT},"ts_ms":5,"position":"0/10"}`,
    '{"topic":"shop.public.orders","key":{"id":1},"value":null,"ts_ms":6,"position":"0/10"}',
    '{"topic":"__offbeat_heartbeat","key":"shop","value":{"layer":1},"ts_ms":7,"position":"0/10"}',
    '',
  ])
})

test('tail takes one topic, ends at a limit, begins at the present end, and stops at the signal', async () => {
  await using folder = folderWithConfig()
  await deliver(folder)
  const limited = await offbeat(folder, ['tail', 'shop', '--topic', 'shop.public.orders', '--limit', '1'])
  expect(limited.out).toBe(`1970-01-01 00:00:00.005 UTC shop.public.orders {"id":1} ${EXACT}\n`)
  expect(await offbeat(folder, ['tail', 'shop', '--from', 'now', '--idle-exit', '0ms'])).toMatchObject({
    code: 0,
    out: '',
  })
  const stopped = await offbeat(folder, ['tail', 'shop', '--from', 'now'], { signal: AbortSignal.timeout(50) })
  expect(stopped).toMatchObject({ code: 0, out: '' })
  const unknown = await offbeat(folder, ['tail', 'shop', '--topic', 'shop.public.order', '--idle-exit', '0ms'])
  expect(unknown.err).toContain('topics so far: __offbeat_heartbeat, shop.public.orders')
})

/** Four writes to the store, each of a minute of its own, with two keys and a heartbeat in each. */
async function deliverMinutes(folder: TemporaryFolder, firstMs: number): Promise<void> {
  await using store = await openStore(folder.file('s.db'))
  await using lane = await store.sink().claim('shop', NOBODY)
  for (let minute = 0; minute < 4; minute++) {
    const atMs = firstMs + minute * 60_000
    const messages = [
      message('shop.public.orders', '{"id":1}', `{"minute":${minute}}`, atMs),
      message('shop.public.items', '{"order":1,"line":"a"}', `{"minute":${minute}}`, atMs),
      message('__offbeat_heartbeat', '"shop"', '{"op":"heartbeat"}', atMs),
    ]
    await lane.write({ messages, offset: offset(`0/${minute}`) }, NOBODY)
  }
}

test('tail leaves heartbeats out, begins at a time, and finds a key', async () => {
  await using folder = folderWithConfig()
  const firstMs = Date.UTC(2026, 0, 1, 7)
  await deliverMinutes(folder, firstMs)
  const tail = async (...args: string[]) => {
    const argv = ['tail', 'shop', '--json', '--idle-exit', '0ms', ...args]
    const { code, out, err } = await offbeat(folder, argv, { timeZone: 'Europe/Berlin' })
    const found = out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    return {
      code,
      err,
      found: found.map(({ topic, value }) => `${topic.replace(/.*[._]/u, '')} ${value.minute ?? ''}`.trim()),
    }
  }
  expect((await tail()).found).toHaveLength(12)
  expect((await tail('--no-heartbeats')).found).toHaveLength(8)
  expect((await tail('--since', '2026-01-01T08:02')).found).toEqual([
    'orders 2',
    'items 2',
    'heartbeat',
    'orders 3',
    'items 3',
    'heartbeat',
  ])
  expect((await tail('--since', '2026-01-01T07:03Z', '--no-heartbeats')).found).toEqual(['orders 3', 'items 3'])
  expect((await tail('--since', '2026-01-01T07:02:30Z', '--topic', 'shop.public.items')).found).toEqual(['items 3'])
  expect((await tail('--key', '1', '--limit', '2')).found).toEqual(['orders 0', 'orders 1'])
  expect((await tail('--key', '{"line": "a", "order": 1}', '--since', '2026-01-01T07:03Z')).found).toEqual(['items 3'])
  expect(await tail('--key', '2')).toEqual({
    code: 0,
    err: 'No stored message matches; no connector is running: offbeat run.\n',
    found: [],
  })
  expect(await tail('--since', '0ms')).toMatchObject({ found: [] })
})

test.each([
  [['--since', 'soon'], '--since takes a duration or a time.'],
  [['--since', '2999-01-01'], '--since is in the future.'],
  [['--since', '1h', '--from', 'now'], '--since and --from now exclude each other.'],
  [['--key', '{id: 1}'], '--key begins like a JSON object and is not valid JSON.'],
  [['--no-heartbeats', '--topic', '__offbeat_heartbeat'], 'Nothing would be printed: --no-heartbeats excludes'],
])('tail %j is a mistake of the command line', async (args, text) => {
  await using folder = folderWithConfig()
  const { code, out, err } = await offbeat(folder, ['tail', 'shop', ...args])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(text)
})

test('a search that finds nothing in a long history ends at the signal', async () => {
  await using folder = folderWithConfig()
  {
    await using store = await openStore(folder.file('s.db'))
    await using lane = await store.sink().claim('shop', NOBODY)
    for (let batch = 0; batch < 5; batch++) {
      const messages = Array.from({ length: 15_000 }, (_, id) =>
        message('shop.public.orders', `{"id":${id}}`, '{}', batch),
      )
      await lane.write({ messages, offset: offset(`0/${batch}`) }, NOBODY)
    }
  }
  const argv = ['tail', 'shop', '--since', '1h', '--key', '1', '--limit', '1']
  expect(await offbeat(folder, argv, { signal: AbortSignal.abort() })).toEqual({ code: 0, out: '', err: '' })
  const asked = new AbortController()
  const searching = offbeat(folder, argv, { signal: asked.signal })
  await using store = await openStore(folder.file('s.db'))
  await using lane = await store.sink().claim('shop', NOBODY)
  await lane.write(
    { messages: [message('shop.public.orders', '{"id":1}', '{"new":1}', Date.now())], offset: offset('0/9') },
    NOBODY,
  )
  expect(await searching).toMatchObject({ code: 0, out: expect.stringContaining('{"id":1} {"new":1}\n') })
})

test('tail on a terminal has short lines, and whole messages in a pipe and with --json', async () => {
  await using folder = folderWithConfig()
  {
    await using store = await openStore(folder.file('s.db'))
    await using lane = await store.sink().claim('shop', NOBODY)
    const source = { schema: 'public', table: 'orders', txId: 742 }
    const value = JSON.stringify({
      before: null,
      after: { id: 1, what: `tea\u001b[2J${'x'.repeat(200)}` },
      source,
      op: 'c',
    })
    await lane.write(
      { messages: [message('shop.public.orders', '{"id":1}', value, 5)], offset: offset('0/10') },
      NOBODY,
    )
  }
  const argv = ['tail', 'shop', '--limit', '1', '--no-color']
  const context = recordingContext({
    workingDirectory: folder.path,
    terminal: true,
    columns: 80,
    timeZone: 'Europe/Berlin',
  })
  expect(await runProgram(commandList, argv, context, '1.2.3')).toBe(0)
  expect(context.stdout.text).toBe(
    '1970-01-01 01:00:00 +01:00  tx 742  public.orders  insert  id=1  what="tea\\u001…\n',
  )
  const json = recordingContext({ workingDirectory: folder.path, terminal: true })
  expect(await runProgram(commandList, [...argv, '--json'], json, '1.2.3')).toBe(0)
  expect(JSON.parse(json.stdout.text).value.after.what).toHaveLength(207)
  expect((await offbeat(folder, argv)).out).toContain(
    '1970-01-01 00:00:00.005 UTC shop.public.orders {"id":1} {"before":null',
  )
})

test('tail of a store that is not there says what makes one', async () => {
  await using folder = folderWithConfig()
  const { code, err } = await offbeat(folder, ['tail', 'shop'])
  expect(code).toBe(2)
  expect(err).toContain('STORE_MISSING')
  expect(err).toContain('offbeat run')
})

test('offsets list and show tell position, cause and ledger', async () => {
  await using folder = folderWithConfig()
  expect((await offbeat(folder, ['offsets', 'list'])).out).toContain('none yet')
  await deliver(folder)
  const list = await offbeat(folder, ['offsets', 'list', '--json'])
  expect(JSON.parse(list.out)).toMatchObject({
    version: 1,
    offsets: [
      { source: 'shop', offset: { position: '0/10', movedBy: 'commit', storedAt: '1970-01-01T00:00:01.000Z' } },
    ],
  })
  const show = await offbeat(folder, ['offsets', 'show', 'shop', '--json'])
  expect(JSON.parse(show.out)).toMatchObject({
    source: 'shop',
    offset: { position: '0/10', why: 'read whole', server: { systemIdentifier: '7' } },
    ledger: [{ by: 'commit', from: null, to: '0/10', why: 'read whole' }],
  })
  const text = await offbeat(folder, ['offsets', 'show', 'shop'])
  expect(text.out).toContain('The offset of shop is 0/10.')
  expect(text.out).toContain('systemIdentifier 7, timeline 1')
  expect(text.out).toContain('not running')
})

test('offsets show has the five newest moves, as many as are asked for, or all, in local time', async () => {
  await using folder = folderWithConfig()
  {
    await using store = await openStore(folder.file('s.db'))
    for (let move = 1; move <= 7; move++) {
      const moved = { by: 'operator', why: `move ${move}`, atMs: Date.UTC(2026, 0, 1, 23, 30, move) } as const
      await store.setOffset('shop', { position: `0/${move}`, server: null, memory: {}, moved })
    }
  }
  const show = async (...args: string[]) => {
    const { out } = await offbeat(folder, ['offsets', 'show', 'shop', ...args], { timeZone: 'Europe/Berlin' })
    return { out, moves: [...out.matchAll(/^ {4}move (\d)$/gmu)].map(([, move]) => Number(move)) }
  }
  const five = await show()
  expect(five.moves).toEqual([7, 6, 5, 4, 3])
  expect(five.out).toContain('2026-01-02 00:30:07 +01:00')
  expect(five.out).toContain('Older moves: offbeat offsets show shop --last 20, or --all')
  expect((await show('--last', '6')).moves).toEqual([7, 6, 5, 4, 3, 2])
  const all = await show('--all')
  expect(all.moves).toEqual([7, 6, 5, 4, 3, 2, 1])
  expect(all.out).not.toContain('Older moves')
  const json = await offbeat(folder, ['offsets', 'show', 'shop', '--json'], { timeZone: 'Europe/Berlin' })
  expect(JSON.parse(json.out).ledger).toHaveLength(5)
  expect(json.out).toContain('2026-01-01T23:30:07.000Z')
})

test('offsets reset is refused without a terminal, asks on one, and writes the ledger', async () => {
  await using folder = folderWithConfig()
  await deliver(folder)
  const refused = await offbeat(folder, ['offsets', 'reset', 'shop'])
  expect(refused.code).toBe(2)
  expect(refused.err).toContain('CONFIRMATION_NEEDED')
  const asked: string[] = []
  const answer = (text: string) => async (question: string) => {
    asked.push(question)
    return text
  }
  const declined = await offbeat(folder, ['offsets', 'reset', 'shop'], { ask: answer('no') })
  expect(declined.code).toBe(1)
  expect(declined.err).toContain('are not delivered')
  expect((await offbeat(folder, ['offsets', 'list'])).out).toContain('0/10')
  expect((await offbeat(folder, ['offsets', 'reset', 'shop'], { ask: answer('yes') })).code).toBe(0)
  expect(asked).toHaveLength(2)
  const show = await offbeat(folder, ['offsets', 'show', 'shop', '--json'])
  expect(JSON.parse(show.out)).toMatchObject({
    offset: null,
    ledger: [{ by: 'operator', from: '0/10', to: null }, { by: 'commit' }],
  })
})

test('offsets set and reset refuse while a process owns the store, and say which', async () => {
  await using folder = folderWithConfig()
  await using _owner = await openStore(folder.file('s.db'), { command: 'offbeat run' })
  for (const argv of [
    ['offsets', 'set', 'shop', '0/20', '--yes'],
    ['offsets', 'reset', 'shop', '--yes'],
  ]) {
    const { code, err } = await offbeat(folder, argv)
    expect(code).toBe(2)
    expect(err).toContain('STORE_OWNED')
    expect(err).toContain(`process ${process.pid}`)
  }
})

test('offsets set wants a position or --from-slot, and a position that the source knows', async () => {
  await using folder = folderWithConfig()
  expect((await offbeat(folder, ['offsets', 'set', 'shop', '--yes'])).err).toContain('USAGE_INVALID')
  expect((await offbeat(folder, ['offsets', 'set', 'shop', '0/1', '--from-slot'])).err).toContain('not both')
  const wrong = await offbeat(folder, ['offsets', 'set', 'shop', 'here', '--yes'])
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('POSITION_INVALID')
})

test('a source that is not configured is answered with the nearest name', async () => {
  await using folder = folderWithConfig()
  const { code, err } = await offbeat(folder, ['status', 'sohp', '--json'])
  expect(code).toBe(2)
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'SOURCE_UNKNOWN', expected: 'did you mean shop?' } })
})

test('history shows pulses hop by hop, lag and verdicts of the journal', async () => {
  await using folder = folderWithConfig()
  const nowMs = Date.now()
  {
    await using store = await openStore(folder.file('s.db'))
    const pulse = { nonce: 'offbeat:shop:1', writtenAtMs: nowMs, seenAtMs: nowMs + 5, deliveredAtMs: nowMs + 6 }
    const rest = { storedAtMs: nowMs + 9, acknowledgedAtMs: nowMs + 20, committedAtMs: null, failedCode: null }
    const bytes = { writtenBytes: 9n, heldBytes: 1_500_000n, lagBytes: 250n }
    await store.journal.append([
      { type: 'pulse', source: 'shop', pulse: { ...pulse, ...rest } },
      { type: 'sample', source: 'shop', sample: { atMs: nowMs, server: null, headPosition: '0/9', ...bytes } },
      { type: 'verdict', source: 'shop', verdict: { atMs: nowMs, from: null, to: 'idle', why: 'all quiet' } },
    ])
  }
  const text = await offbeat(folder, ['history', 'shop'])
  expect(text.out).toMatch(/\+5 ms +\+6 ms +\+9 ms +\+20 ms/u)
  expect(text.out).toContain('pulses: 1, 1 came back')
  expect(text.out).toContain('at most 1.4 MB')
  expect(text.out).toContain('(start) -> idle: all quiet')
  const json = JSON.parse((await offbeat(folder, ['history', 'shop', '--json'])).out)
  expect(json).toMatchObject({
    version: 1,
    pulses: [{ nonce: 'offbeat:shop:1', seenAt: new Date(nowMs + 5).toISOString() }],
    samples: [{ headPosition: '0/9', heldBytes: 1_500_000, lagBytes: 250 }],
    verdicts: [{ from: null, to: 'idle', why: 'all quiet' }],
  })
})

test('support prints the quick reference from the facts of the sources', async () => {
  await using folder = temporaryFolder()
  const { code, out } = await offbeat(folder, ['support'])
  expect(code).toBe(0)
  expect(out).toMatch(/PostgreSQL +streamkap_heartbeat +schema streamkap +yes +pg_cron/u)
  expect(out).toMatch(/MariaDB +streamkap_heartbeat +database streamkap +yes +MariaDB Event Scheduler/u)
  expect(out).toContain('Not in this version: sqlserver, oracle.')
})

test('a long position is shown short, and whole with --json', async () => {
  await using folder = temporaryFolder()
  const source = 'kind: mongodb, url: "mongodb://127.0.0.1:1/"'
  writeFileSync(folder.file('offbeat.yaml'), `sources:\n  shop: { ${source} }\nsink: { kind: sqlite, path: s.db }\n`)
  const position = `1700000000.1/8265${'AB'.repeat(60)}29296E04`
  {
    await using store = await openStore(folder.file('s.db'))
    await store.setOffset('shop', offset(position))
  }
  const commands = [
    ['offsets', 'list'],
    ['offsets', 'show', 'shop'],
    ['status', 'shop'],
  ]
  for (const argv of commands) {
    const { out } = await offbeat(folder, argv)
    expect(out).toContain('2023-11-14T22:13:20Z no. 1, token ...29296E04')
    expect(out).not.toContain(position.slice(20, 60))
    expect((await offbeat(folder, [...argv, '--json'])).out).toContain(`"position":"${position}"`)
  }
})
