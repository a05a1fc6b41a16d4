import { describe, expect, it } from 'vitest'
import { textsOf } from '../../../../test/support/fix-script.ts'
import type { Offset } from '../../../model/offset.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { ServerFacts, SlotFacts } from '../inspect/server-facts.ts'
import { LSN_POSITIONS } from '../position.ts'
import type { ResumeInput } from './loss.ts'
import { checkFresh, checkResume } from './slot-check.ts'
import { checkSegments } from './wal-removed.ts'

const at = (lsn: string) => LSN_POSITIONS.parse(lsn)

const slot: SlotFacts = {
  name: 'shop',
  plugin: 'pgoutput',
  database: 'shop',
  activePid: null,
  restartLsn: at('0/100'),
  confirmedFlushLsn: at('0/200'),
  walStatus: 'reserved',
  safeWalSizeBytes: null,
  inactiveSinceMs: null,
  invalidationReason: null,
  conflicting: false,
  failover: false,
  synced: false,
  twoPhase: false,
  temporary: false,
}

const facts: ServerFacts = {
  systemIdentifier: '1',
  timeline: 2,
  version: 180000,
  standby: false,
  walLevel: 'logical',
  canDecode: true,
  database: 'shop',
  head: at('0/900'),
  atMs: 0,
  slotKeepMb: 6000,
  slotIdleSeconds: 3600,
  commandLine: [],
  alterSystem: true,
  slot,
  siblings: [],
  candidates: [],
  publication: { allTables: true, except: [], inserts: true, updates: true, deletes: true, truncates: true },
}

const offset: Offset = {
  position: at('0/300'),
  server: { systemIdentifier: '1', timeline: '2' },
  memory: {},
  moved: { by: 'progress', why: '', atMs: 0 },
}

function input(about: Partial<ServerFacts>, hosts: number, given: Offset | null = offset): ResumeInput {
  const connection: PostgresqlConfig['connection'] = {
    hosts: Array.from({ length: hosts }, (_, index) => ({ host: `db${index}`, port: 5432 })),
    database: 'shop',
    user: 'u',
    password: null,
    tls: { mode: 'disable', ca: null, cert: null, key: null, servername: null },
  }
  const source = { mode: 'message', by: null, intervalMs: 1000, schema: 's', table: 'h', deliver: false } as const
  const heartbeat = { connector: { intervalMs: 1000 }, source }
  const config = { slot: 'shop', publication: 'p', connection, tables: [], exclude: [], heartbeat }
  return { source: 'shop', config, facts: { ...facts, ...about }, offset: given, history: null }
}

function refused(about: Partial<ServerFacts>, hosts: number): unknown {
  const finding = checkResume(input(about, hosts))
  return finding.can === 'no' ? finding.error : finding
}

describe('what a standby lacks while the primary does not answer', () => {
  it.each([
    ['POSTGRES_SLOT_MISSING', { slot: null }],
    ['POSTGRES_STANDBY', { version: 150000 }],
    ['POSTGRES_WAL_LEVEL', { walLevel: 'replica', canDecode: false }],
  ])('%s passes with several hosts, and is a finding with one or on a primary', (code, about) => {
    const standby = { ...about, standby: true }
    expect(refused(standby, 2)).toMatchObject({
      code: 'POSTGRES_ONLY_STANDBY',
      kind: 'transient',
      retry: true,
      found: expect.stringContaining(code),
    })
    expect(refused(standby, 1)).toMatchObject({ code, retry: false })
    if (code !== 'POSTGRES_STANDBY') expect(refused(about, 2)).toMatchObject({ code, retry: false })
  })

  it('a new position is not refused permanently either', () => {
    const error = checkFresh(input({ standby: true, version: 150000 }, 2, null))
    expect(error).toMatchObject({ code: 'POSTGRES_ONLY_STANDBY' })
  })

  it('a timeline that a standby has not reached yet passes; on a primary it is another history', () => {
    expect(refused({ standby: true, timeline: 1 }, 1)).toMatchObject({ code: 'POSTGRES_ONLY_STANDBY', retry: true })
    expect(refused({ timeline: 1 }, 2)).toMatchObject({ code: 'POSTGRES_TIMELINE_DIVERGED', retry: false })
    expect(refused({ standby: true, timeline: 3 }, 2)).toMatchObject({ code: 'POSTGRES_TIMELINE_DIVERGED' })
  })
})

describe('a slot without an offset of ours', () => {
  it('is not taken, but one that is still being created is waited for', () => {
    const about = { slot: { ...slot, confirmedFlushLsn: null, activePid: 7 } }
    expect(checkFresh(input(about, 1, null))).toMatchObject({
      code: 'POSTGRES_SLOT_IN_USE',
      retry: true,
      message: expect.stringContaining('being created'),
      fix: [{ in: 'database', text: 'SELECT pg_terminate_backend(7)' }],
    })
    expect(checkFresh(input({}, 1, null))).toMatchObject({ code: 'POSTGRES_SLOT_NOT_OURS', retry: false })
  })

  it('may be one of a first start that was killed, unless somebody reads it', () => {
    const ours = 'take the slot over if a first start of shop created it and was killed'
    const rested = checkFresh(input({ slot: { ...slot, inactiveSinceMs: 1000 } }, 1, null))
    expect(rested?.found).toBe('a slot at 0/200, not being read since 1970-01-01T00:00:01Z')
    expect(textsOf(rested?.fix.slice(0, 2) ?? [])).toEqual([
      expect.stringContaining(ours),
      expect.stringContaining('offbeat offsets set shop --from-slot'),
    ])
    const read = checkFresh(input({ slot: { ...slot, activePid: 7 } }, 1, null))
    expect(textsOf(read?.fix ?? []).join('\n')).not.toContain(ours)
  })
})

describe('promise 9: every way of losing a position has its evidence, what is missing, and choices with their cost', () => {
  const other = { name: 'older', confirmedFlushLsn: at('0/250') }
  const invalid = (about: Partial<SlotFacts>) => ({ slot: { ...slot, walStatus: 'lost', ...about } })
  const ways: readonly (readonly [string, Partial<ServerFacts>, string, readonly string[]])[] = [
    ['dropped', { slot: null }, 'POSTGRES_SLOT_MISSING', ['offbeat offsets reset shop']],
    [
      'dropped, another slot stands before',
      { slot: null, siblings: [other] },
      'POSTGRES_SLOT_MISSING',
      ["SELECT pg_copy_logical_replication_slot('older', 'shop')"],
    ],
    [
      'too large',
      invalid({}),
      'POSTGRES_SLOT_INVALIDATED',
      ["SELECT pg_drop_replication_slot('shop')", 'offbeat offsets reset shop'],
    ],
    [
      'too large (17)',
      invalid({ invalidationReason: 'wal_removed' }),
      'POSTGRES_SLOT_INVALIDATED',
      ["ALTER SYSTEM SET max_slot_wal_keep_size = '12GB'", 'SELECT pg_reload_conf()'],
    ],
    [
      'idle',
      invalid({ invalidationReason: 'idle_timeout' }),
      'POSTGRES_SLOT_INVALIDATED',
      ["ALTER SYSTEM SET idle_replication_slot_timeout = '7d'"],
    ],
    [
      'rows removed',
      { ...invalid({ invalidationReason: 'rows_removed' }), standby: true },
      'POSTGRES_SLOT_INVALIDATED',
      ['ALTER SYSTEM SET hot_standby_feedback = on'],
    ],
    [
      'conflict (16)',
      { ...invalid({ conflicting: true }), standby: true },
      'POSTGRES_SLOT_INVALIDATED',
      ['ALTER SYSTEM SET hot_standby_feedback = on'],
    ],
    [
      'ahead',
      { slot: { ...slot, confirmedFlushLsn: at('0/400') } },
      'POSTGRES_SLOT_AHEAD',
      ['offbeat offsets set shop --from-slot'],
    ],
    [
      'another server',
      { systemIdentifier: '2' },
      'DATABASE_OTHER_SERVER',
      ['offbeat offsets set shop --from-slot', 'sources.shop.slot: shop_2'],
    ],
    ['another history', { timeline: 3 }, 'POSTGRES_TIMELINE_DIVERGED', ['offbeat offsets reset shop']],
    [
      'put back',
      { head: at('0/200'), slot: { ...slot, confirmedFlushLsn: at('0/100') } },
      'OFFSET_BEYOND_LOG',
      ['offbeat offsets reset shop'],
    ],
  ]

  it.each(ways)('%s', (_way, about, code, steps) => {
    const finding = checkResume(input(about, 1))
    const error = finding.can === 'no' ? finding.error : null
    expect(error).toMatchObject({ code, kind: 'lost position' })
    const loss = error?.loss
    expect(loss?.missing).toMatchObject({ from: '0/300', sinceMs: 0 })
    expect(loss?.evidence.map(({ name }) => name)).toEqual(expect.arrayContaining(['offset', 'slot', 'server', 'log']))
    expect(loss?.choices.every(({ what, cost, run }) => what !== '' && cost !== '' && run.length > 0)).toBe(true)
    const texts = loss?.choices.flatMap(({ run }) => run.map(({ text }) => text)) ?? []
    expect(texts).toEqual(expect.arrayContaining([...steps]))
    // What nobody may undo stands only where the slot is ours.
    if (code === 'DATABASE_OTHER_SERVER') expect(texts.join()).not.toContain('pg_drop_replication_slot')
  })
})

describe('promise 11: the files in pg_wal and the slot that needs them', () => {
  const copy = { ...slot, synced: true }
  it.each<[string, Partial<ServerFacts>, string, boolean]>([
    ['a file that begins at the position', {}, '0/100', false],
    ['one that begins after it', {}, '0/101', true],
    ['a slot that the server gave up keeps none', { slot: { ...slot, restartLsn: null } }, '0/101', false],
    ['nor does a copy on a standby, before it is whole', { slot: copy, standby: true }, '0/101', false],
    ['which it is after a promotion', { slot: copy }, '0/101', true],
    ['a slot of the standby itself', { standby: true }, '0/101', true],
  ])('%s', (_, about, oldest, lost) => {
    const wal = { bytes: 1n, oldest: { name: 'segment', shown: oldest, position: at(oldest), atMs: 0 } }
    expect(checkSegments(input(about, 1), wal)?.code ?? null).toBe(lost ? 'POSTGRES_WAL_REMOVED' : null)
  })
})
