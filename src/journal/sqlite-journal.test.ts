import { expect, it } from 'vitest'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { StoreReader } from '../sqlite/store-reader.ts'
import { MOST_PULSES, type VerdictChange } from './journal.ts'

const status: SourceStatus = {
  name: 'shop',
  kind: 'postgresql',
  connector: { running: true, pid: 1, since: null, reportedAt: null, failed: null, retrying: null },
  verdict: 'idle',
  why: 'no change for 3 h',
  offset: {
    position: '0/1',
    storedAt: '2026-01-01T00:00:00.000Z',
    movedBy: 'progress',
    behind: 'no',
    lagBytes: 0,
    lagMs: null,
  },
  heartbeat: {
    connector: { at: null, intervalMs: 60_000 },
    source: { mode: 'table', writtenAt: null, seenAt: null, roundTripMs: null, broken: null },
  },
  runway: { seconds: null, kind: 'unbounded', because: [], clocks: [] },
  blockers: [],
  lastChangeAt: null,
  tables: null,
  counts: { changes: 1, transactions: 2, heartbeats: 3 },
}

function pulse(nonce: string, writtenAtMs: number | null, more: Partial<Pulse> = {}): Pulse {
  const hops = { seenAtMs: null, deliveredAtMs: null, storedAtMs: null, acknowledgedAtMs: null }
  return { nonce, writtenAtMs, ...hops, committedAtMs: null, failedCode: null, ...more }
}

it('gives back what was written, newest first, each source its own', async () => {
  using folder = temporaryFolder()
  await using store = await openStore(folder.file('offbeat.db'))
  const first: VerdictChange = { atMs: 10, from: null, to: 'blind', why: 'nothing yet' }
  const second: VerdictChange = { atMs: 20, from: 'blind', to: 'at risk', why: 'runway 3 h' }
  const source = 'shop'
  await store.journal.append([
    { type: 'verdict', source, verdict: first },
    { type: 'verdict', source, verdict: second },
    { type: 'verdict', source: 'other', verdict: first },
    { type: 'pulse', source, pulse: pulse('a', 1000) },
    { type: 'pulse', source, pulse: pulse('b', 2000, { failedCode: 'DATABASE_UNREACHABLE' }) },
    { type: 'status', source, status, atMs: 1 },
    { type: 'status', source, status: { ...status, verdict: 'stale' }, atMs: 2 },
  ])
  await store.journal.append([{ type: 'pulse', source, pulse: pulse('a', 1000, { seenAtMs: 1010.4 }) }])
  using reader = StoreReader.open(folder.file('offbeat.db'))
  for (const history of [store.journal.history, reader.history]) {
    expect(await history.verdicts(source, 0)).toEqual([second, first])
    expect(await history.verdicts(source, 15)).toEqual([second])
    expect(await history.pulses(source, 0)).toEqual([
      pulse('b', 2000, { failedCode: 'DATABASE_UNREACHABLE' }),
      pulse('a', 1000, { seenAtMs: 1010 }),
    ])
    expect(await history.status(source)).toEqual({ status: { ...status, verdict: 'stale' }, atMs: 2 })
    expect(await history.status('unknown')).toBeNull()
  }
})

it('gives no more pulses than a process can well hold, the newest', async () => {
  using folder = temporaryFolder()
  await using store = await openStore(folder.file('offbeat.db'))
  const source = 'shop'
  const entries = Array.from({ length: MOST_PULSES + 1 }, (_, at) => pulse(`p${at}`, 1000 + at))
  await store.journal.append(entries.map((each) => ({ type: 'pulse', source, pulse: each })))
  const given = await store.journal.history.pulses(source, 0)
  expect([given.length, given[0]?.nonce, given.at(-1)?.nonce]).toEqual([MOST_PULSES, `p${MOST_PULSES}`, 'p1'])
})
