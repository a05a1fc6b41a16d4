import { expect, test } from 'vitest'
import { eventText, ReadPosition } from '../../../../test/support/binlog-reading.ts'
import type { ChangeEvent, LogEvent } from '../../../model/log-event.ts'
import type { Replay } from './replay.ts'
import { TransactionLog } from './transaction-log.ts'

const POSITION = { file: 'binlog.000001', offset: 100, type: 2 }
const REACHED = { file: 'binlog.000001', position: 200 }
const table = { database: 'shop', schema: null, name: 't', columns: [] }

function change(bytes: number): ChangeEvent {
  const after = { bytes: Buffer.alloc(bytes + 2, 1), spans: [1, bytes + 1] }
  return { type: 'change', table, op: 'c', before: null, after, position: [null, 'binlog.000001', 100, 0] }
}

function newLog(replay: Replay | null = null): TransactionLog {
  return new TransactionLog(
    (reached, by) => ({
      position: new ReadPosition(reached),
      server: {},
      memory: {},
      moved: { by, why: 'read', atMs: 0 },
    }),
    replay,
  )
}

const start = (gtid: string | null) => ({ gtid, committedAtMs: null, committedAtRestUs: 0 })

test('an id is added to the set only when its transaction ends', () => {
  const log = newLog()
  const into: LogEvent[] = []
  log.announce(start('a:1'), POSITION)
  log.progress(REACHED, into)
  log.begin(5000, POSITION, into)
  log.progress(REACHED, into)
  log.commit(5000, REACHED, POSITION, into)
  log.progress(REACHED, into)
  expect(into.map(eventText)).toEqual(['begin a:1', 'commit binlog.000001:200 a:1', 'progress binlog.000001:200 '])
  expect(into[0]).toEqual({ type: 'begin', transaction: 'a:1', committedAtMs: 5000, committedAtRestUs: 0 })
})

test('a transaction names the one before it', () => {
  const log = newLog()
  const into: LogEvent[] = []
  for (const gtid of ['a:1', 'a:2']) {
    log.announce(start(gtid), POSITION)
    log.begin(0, POSITION, into)
    log.commit(0, REACHED, POSITION, into)
  }
  expect(into[2]).toMatchObject({ transaction: 'a:2', after: 'a:1' })
})

test('a rollback after changes stops the stream', () => {
  for (const act of ['rollback', 'rollbackTo'] as const) {
    const log = newLog()
    log.begin(0, POSITION, [])
    log.push(change(1), POSITION, [])
    const roll = () => (act === 'rollback' ? log.rollback(REACHED, POSITION, []) : log.rollbackTo(POSITION))
    expect(roll).toThrow(expect.objectContaining({ code: 'MYSQL_ROLLBACK_LOGGED' }))
  }
})

test('a rollback without changes is a transaction that did nothing', () => {
  const log = newLog()
  const into: LogEvent[] = []
  log.announce(start('a:1'), POSITION)
  log.begin(0, POSITION, into)
  log.rollbackTo(POSITION)
  log.rollback(REACHED, POSITION, into)
  expect(into.map(eventText)).toEqual(['begin a:1', 'commit binlog.000001:200 a:1'])
})

test('the rows of a prepared XA transaction are kept after the stream reuses its buffer', () => {
  const log = newLog()
  const into: LogEvent[] = []
  log.beginXa('x', POSITION)
  const pushed = change(3)
  log.push(pushed, POSITION, into)
  log.prepare(REACHED, POSITION, into)
  pushed.after?.bytes.fill(9)
  expect(into.splice(0).map(eventText)).toEqual(['progress binlog.000001:200  prepared since 100'])
  log.decide('x', true, 0, REACHED, POSITION, into)
  expect(into[1]).toMatchObject({ after: { bytes: Uint8Array.of(1, 1, 1), spans: [0, 3] } })
})

function prepare(log: TransactionLog, xid: string, rows: readonly ChangeEvent[]): void {
  log.beginXa(xid, POSITION)
  for (const row of rows) log.push(row, POSITION, [])
  log.prepare(REACHED, POSITION, [])
}

const MIB = 1024 * 1024

test('prepared transactions are held only up to the memory limit, whatever was decided before', () => {
  const log = newLog()
  const hold = (from: number, to: number) => {
    for (let i = from; i < to; i++) prepare(log, `x${i}`, [change(MIB)])
  }
  hold(0, 100)
  for (let i = 0; i < 80; i++) log.decide(`x${i}`, i % 2 === 0, 0, REACHED, POSITION, [])
  hold(100, 200)
  expect(() => hold(200, 220)).toThrow(expect.objectContaining({ code: 'MYSQL_XA_TOO_LARGE' }))
})

test('small rows count with the objects that they need', () => {
  const row = change(1)
  const rows = (count: number) => new Array<ChangeEvent>(count).fill(row)
  prepare(newLog(), 'x', rows(150_000))
  expect(() => prepare(newLog(), 'x', rows(300_000))).toThrow(expect.objectContaining({ code: 'MYSQL_XA_TOO_LARGE' }))
})

test.each([
  ['a row', (log: TransactionLog) => log.push(change(1), POSITION, [])],
  ['a commit', (log: TransactionLog) => log.commit(0, REACHED, POSITION, [])],
  ['a rollback', (log: TransactionLog) => log.rollback(REACHED, POSITION, [])],
  ['XA PREPARE', (log: TransactionLog) => log.prepare(REACHED, POSITION, [])],
])('%s without a transaction is refused', (_, act) => {
  expect(() => act(newLog())).toThrow(expect.objectContaining({ code: 'MYSQL_EVENT_INVALID' }))
})

test.each([
  ['another id', (log: TransactionLog) => log.announce(start('a:2'), POSITION)],
  ['BEGIN', (log: TransactionLog) => log.begin(0, POSITION, [])],
  ['XA START', (log: TransactionLog) => log.beginXa('x', POSITION)],
  ['another file', (log: TransactionLog) => log.requireEnd(POSITION)],
])('%s within a transaction is refused', (_, act) => {
  const log = newLog()
  log.announce(start('a:1'), POSITION)
  log.begin(0, POSITION, [])
  expect(() => act(log)).toThrow(expect.objectContaining({ code: 'MYSQL_EVENT_INVALID' }))
})

test('of a stretch that is read a second time, only prepared rows are kept', () => {
  const position = new ReadPosition({ file: 'binlog.000001', position: 7, gtids: [], prepared: null })
  const since = { position, server: {}, memory: {}, moved: { by: 'commit', why: 'read', atMs: 0 } } as const
  let isOver = false
  const log = newLog({ since, gtids: [], isRead: () => !isOver, isOver: () => isOver })
  const into: LogEvent[] = []
  log.begin(0, POSITION, into)
  log.push(change(1), POSITION, into)
  log.commit(0, REACHED, POSITION, into)
  for (const xid of ['kept', 'decided before']) {
    log.beginXa(xid, POSITION)
    log.push(change(2), POSITION, into)
    log.prepare(REACHED, POSITION, into)
  }
  log.decide('decided before', true, 0, REACHED, POSITION, into)
  log.progress(REACHED, into)
  expect(into).toEqual([])
  isOver = true
  log.progress(REACHED, into)
  log.decide('kept', true, 0, REACHED, POSITION, into)
  expect(into.map(eventText)).toEqual([
    'progress binlog.000001:200  prepared since 7',
    'begin anonymous',
    'c shop.t - {} row 0',
    'commit binlog.000001:200 ',
  ])
})

test('an offset amid the second reading remembers also what this reading has not shown yet', () => {
  const position = new ReadPosition({ file: 'binlog.000001', position: 7, gtids: [], prepared: null })
  const since = { position, server: {}, memory: {}, moved: { by: 'commit', why: 'read', atMs: 0 } } as const
  const awaited = new Set(['a:2', 'a:6'])
  const isRead = (gtid: string | null) => awaited.delete(gtid ?? '')
  const log = newLog({ since, gtids: ['a:2', 'a:6'], isRead, isOver: () => awaited.size === 0 })
  const into: LogEvent[] = []
  const xa = (gtid: string) => {
    log.announce(start(gtid), POSITION)
    prepare(log, gtid, [change(1)])
  }
  const commit = (gtid: string) => {
    log.announce(start(gtid), POSITION)
    log.begin(0, POSITION, into)
    log.commit(0, REACHED, POSITION, into)
  }
  commit('a:9')
  xa('a:2')
  commit('a:10')
  xa('a:6')
  commit('a:11')
  log.decide('a:2', true, 0, REACHED, POSITION, into)
  log.decide('a:6', true, 0, REACHED, POSITION, into)
  const prepared = into.flatMap((event) => {
    if (event.type !== 'commit' || !(event.offset.position instanceof ReadPosition)) return []
    return [event.offset.position.reached.prepared]
  })
  const of = (...gtids: string[]) => ({ since: expect.objectContaining({ position }), gtids })
  expect(prepared).toEqual([of('a:2', 'a:6'), of('a:6', 'a:2'), of('a:2', 'a:6'), of('a:6'), null])
})
